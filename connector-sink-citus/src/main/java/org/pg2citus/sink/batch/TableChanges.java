package org.pg2citus.sink.batch;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/** The net change of one table: of rows with a key or of rows without, as its first row change shows. */
final class TableChanges {

    private final TableId table;
    private boolean truncated;
    private KeyedRows keyed;
    private KeylessRows keyless;

    TableChanges(TableId table) {
        this.table = table;
    }

    boolean accepts(RowChange change) {
        if (change instanceof RowChange.Truncate) {
            return true;
        }
        Optional<Row> key = key(change);
        if (key.isPresent()) {
            return keyless == null && (keyed == null || keyed.accepts(change, key.get()));
        }
        return keyed == null && (keyless == null || keyless.accepts(change));
    }

    void add(RowChange change) {
        if (change instanceof RowChange.Truncate) {
            // What came before is gone, and so is what the target holds.
            truncated = true;
            keyed = null;
            keyless = null;
            return;
        }
        if (!accepts(change)) {
            throw new HaltException(
                    "TX020",
                    "table " + table + ": the definition of its key or columns changed between changes that were to be"
                            + " applied together. Start the sink again with a batch limit of one transaction");
        }
        if (key(change).isPresent()) {
            if (keyed == null) {
                keyed = new KeyedRows(table, truncated);
            }
            keyed.add(change);
        } else {
            if (keyless == null) {
                keyless = new KeylessRows(table, truncated);
            }
            keyless.add(change);
        }
    }

    private static Optional<Row> key(RowChange change) {
        if (change instanceof RowChange.Insert insert) {
            return insert.key();
        }
        if (change instanceof RowChange.Upsert upsert) {
            return Optional.of(upsert.key());
        }
        if (change instanceof RowChange.Update update) {
            return update.oldKey();
        }
        return ((RowChange.Delete) change).key();
    }

    boolean isEmpty() {
        return !truncated && rows() == 0;
    }

    long rows() {
        if (keyed != null) {
            return keyed.rows();
        }
        return keyless == null ? 0 : keyless.rows();
    }

    long sizeBytes() {
        if (keyed != null) {
            return keyed.sizeBytes();
        }
        return keyless == null ? 0 : keyless.sizeBytes();
    }

    TableDelta toDelta() {
        if (keyed != null) {
            return keyed.toDelta(truncated);
        }
        return keyless == null
                ? new TableDelta(table, truncated, List.of(), List.of(), List.of(), List.of())
                : keyless.toDelta(truncated);
    }
}
