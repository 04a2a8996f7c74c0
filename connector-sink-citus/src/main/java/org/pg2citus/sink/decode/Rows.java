package org.pg2citus.sink.decode;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Row;

/** Completes rows from what other parts of the same event say. */
final class Rows {

    private Rows() {}

    /** The row when it says more than the key; unsent values become null. */
    static Optional<Row> knownBeyond(Row row, Row key) {
        List<String> columns = row.columns();
        for (int i = 0; i < columns.size(); i++) {
            if (row.value(i) != null && row.isAvailable(i) && !key.has(columns.get(i))) {
                return Optional.of(withNulls(row));
            }
        }
        return Optional.empty();
    }

    private static Row withNulls(Row row) {
        if (row.isComplete()) {
            return row;
        }
        String[] values = new String[row.columns().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = row.isAvailable(i) ? row.value(i) : null;
        }
        return new Row(row.columns(), values);
    }

    static String firstUnavailable(Row row) {
        for (int i = 0; i < row.columns().size(); i++) {
            if (!row.isAvailable(i)) {
                return row.columns().get(i);
            }
        }
        throw new IllegalArgumentException("the row is complete");
    }
}
