package org.pg2citus.sink.apply;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Row;

/**
 * How one row is found in the target: by its key, and by columns outside of the key that tell the shard or must not change
 * in an update.
 *
 * @param assumed true when it goes by the new value of a column outside of the key, because the old one is not known: a
 *     row that is not found may then have changed in that column
 */
record RowMatch(List<String> columns, List<String> values, boolean assumed) {

    static RowMatch byKey(Row key) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < key.columns().size(); i++) {
            values.add(key.value(i));
        }
        return new RowMatch(key.columns(), values, false);
    }

    /** Also by this column, unless it is in the key already. */
    RowMatch and(String column, String value, boolean isAssumed) {
        if (columns.contains(column)) {
            return this;
        }
        List<String> moreColumns = new ArrayList<>(columns);
        List<String> moreValues = new ArrayList<>(values);
        moreColumns.add(column);
        moreValues.add(value);
        return new RowMatch(moreColumns, moreValues, assumed || isAssumed);
    }

    /** A column's value in a row: empty if the row lacks it, if it was not sent, or if it is null. */
    static Optional<String> known(Row row, String column) {
        int index = row.columns().indexOf(column);
        return index < 0 || !row.isAvailable(index) ? Optional.empty() : Optional.ofNullable(row.value(index));
    }
}
