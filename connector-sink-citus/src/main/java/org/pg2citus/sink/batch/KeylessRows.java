package org.pg2citus.sink.batch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/**
 * The net change of a table without a key: a multiset of rows. Equal rows cannot be told apart, so a delete removes an
 * equal new row as well as one of the target.
 */
final class KeylessRows {

    /** What the objects around one distinct row take, roughly. */
    private static final long OVERHEAD_BYTES = 80;

    private final TableId table;

    /** The target has no rows: the table was truncated first. */
    private final boolean startsEmpty;

    /** As long as nothing is removed, which for many such tables is always, rows need not be looked up. */
    private List<Row> inserts = new ArrayList<>();

    /** How many of each row more, or with a negative number fewer, there are in the end; null until one is removed. */
    private Map<Row, Long> counts;

    private List<String> columns = List.of();
    private long rows;
    private long sizeBytes;

    KeylessRows(TableId table, boolean startsEmpty) {
        this.table = table;
        this.startsEmpty = startsEmpty;
    }

    /** Rows before and after a change of the columns cannot be compared: was the new row's default this value? */
    boolean accepts(RowChange change) {
        return columns.isEmpty() || sample(change).columns().equals(columns);
    }

    private static Row sample(RowChange change) {
        if (change instanceof RowChange.Insert insert) {
            return insert.after();
        }
        if (change instanceof RowChange.Update update) {
            return update.before().orElseThrow();
        }
        return ((RowChange.Delete) change).before().orElseThrow();
    }

    void add(RowChange change) {
        columns = sample(change).columns();
        if (change instanceof RowChange.Insert insert) {
            more(insert.after());
        } else if (change instanceof RowChange.Update update) {
            Row before = update.before().orElseThrow();
            fewer(before);
            more(update.after().filledFrom(before));
        } else if (change instanceof RowChange.Delete delete) {
            fewer(delete.before().orElseThrow());
        }
    }

    private void more(Row row) {
        if (counts == null) {
            inserts.add(row);
            rows++;
            sizeBytes += row.sizeBytes();
        } else {
            count(row, 1);
        }
    }

    private void fewer(Row row) {
        if (counts == null) {
            counts = new LinkedHashMap<>();
            rows = 0;
            sizeBytes = 0;
            inserts.forEach(earlier -> count(earlier, 1));
            inserts = List.of();
        }
        if (startsEmpty && counts.getOrDefault(row, 0L) < 1) {
            throw new HaltException(
                    "TX022",
                    "table " + table + ": a row is removed that was not there after the table was truncated. The topic"
                            + " repeats or lacks changes: verify the table, and copy it anew if it differs");
        }
        count(row, -1);
    }

    private void count(Row row, int step) {
        Long present = counts.get(row);
        long earlier = present == null ? 0 : present;
        long now = earlier + step;
        rows += Math.abs(now) - Math.abs(earlier);
        if (now == 0) {
            counts.remove(row);
            sizeBytes -= row.sizeBytes() + OVERHEAD_BYTES;
        } else {
            counts.put(row, now);
            sizeBytes += present == null ? row.sizeBytes() + OVERHEAD_BYTES : 0;
        }
    }

    long rows() {
        return rows;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    TableDelta toDelta(boolean truncated) {
        List<Row> added = new ArrayList<>(inserts);
        List<Row> removed = new ArrayList<>();
        Optional.ofNullable(counts).orElse(Map.of()).forEach((row, count) -> {
            List<Row> into = count > 0 ? added : removed;
            for (long i = Math.abs(count); i > 0; i--) {
                into.add(row);
            }
        });
        return new TableDelta(table, truncated, added, List.of(), List.of(), removed);
    }
}
