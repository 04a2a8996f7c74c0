package org.pg2citus.sink.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Row;

/** A live row of a table with a key: where it came from, and what it is now. */
final class KeyedRow {

    /** What the objects around the values of one row take, roughly. */
    private static final long OVERHEAD_BYTES = 160;

    private final Optional<Row> originKey;
    private final Optional<Row> before;
    private Row after;

    private KeyedRow(Optional<Row> originKey, Optional<Row> before, Row after) {
        this.originKey = originKey;
        this.before = before;
        this.after = after;
    }

    /** A row that the target does not have yet. */
    static KeyedRow born(Row after) {
        return new KeyedRow(Optional.empty(), Optional.empty(), after);
    }

    /** A row of the target. */
    static KeyedRow known(Row originKey, Optional<Row> before, Row after) {
        return new KeyedRow(Optional.of(originKey), before, after);
    }

    /** The key of the row in the target; empty when the target does not have the row. */
    Optional<Row> originKey() {
        return originKey;
    }

    Optional<Row> before() {
        return before;
    }

    Row after() {
        return after;
    }

    long sizeBytes() {
        return OVERHEAD_BYTES
                + after.sizeBytes()
                + originKey.map(Row::sizeBytes).orElse(0L)
                + before.map(Row::sizeBytes).orElse(0L);
    }

    /**
     * Whether an old row that a later change reports can be this row. Nulls in it and values that were not sent say
     * nothing.
     */
    @SuppressWarnings("ReferenceEquality") // only a short cut: most rows share their list of columns
    boolean canBe(Row oldRow) {
        List<String> columns = oldRow.columns();
        for (int i = 0; i < columns.size(); i++) {
            int here = after.columns() == columns ? i : after.columns().indexOf(columns.get(i));
            if (here >= 0
                    && oldRow.value(i) != null
                    && oldRow.isAvailable(i)
                    && after.isAvailable(here)
                    && !oldRow.value(i).equals(after.value(here))) {
                return false;
            }
        }
        return true;
    }

    /** Writes a newer state over the present one; what it does not say stays. */
    void change(Row newer) {
        if (newer.columns().equals(after.columns())) {
            after = newer.isComplete() ? newer : over(newer.columns(), newer);
        } else {
            // A column was added or dropped in between.
            List<String> columns = new ArrayList<>(newer.columns());
            after.columns().stream().filter(column -> !newer.has(column)).forEach(columns::add);
            after = over(List.copyOf(columns), newer);
        }
    }

    @SuppressWarnings("ReferenceEquality") // only a short cut: most rows share their list of columns
    private Row over(List<String> columns, Row newer) {
        String[] values = new String[columns.size()];
        for (int i = 0; i < values.length; i++) {
            boolean isNewer = i < newer.columns().size();
            int here = after.columns() == columns ? i : after.columns().indexOf(columns.get(i));
            values[i] = here < 0 || (isNewer && newer.isAvailable(i)) ? newer.value(i) : after.value(here);
        }
        return new Row(columns, values);
    }
}
