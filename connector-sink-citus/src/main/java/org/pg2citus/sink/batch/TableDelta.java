package org.pg2citus.sink.batch;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;

/**
 * What a batch does to one table in the end. Apply it in this order: truncate, clear, delete, update, insert.
 *
 * <p>No key is in two of the rows that {@code inserts} and {@code updates} leave behind; a key of {@code deletes} may be
 * in {@code inserts} again. An update's new key may be another update's origin key (keys that swap or move along), and
 * so may the values of any other unique column. The columns of rows can differ inside one list, when a column was added
 * or dropped in the midst of the batch: each row says its own.
 *
 * @param truncated the table is emptied before anything else
 * @param inserts new rows, each with all values, in the order in which their keys first appeared
 * @param keylessDeletes rows to remove from a table without a key, each with all values; as many of equal rows as this
 *     list holds
 * @param cleared keys under which no row may be left before the inserts; whether there is one is not known
 */
public record TableDelta(
        TableId table,
        boolean truncated,
        List<Row> inserts,
        List<KeyedUpdate> updates,
        List<KeyedDelete> deletes,
        List<Row> keylessDeletes,
        List<Row> cleared) {

    public TableDelta {
        requireNonNull(table, "table is null");
        inserts = List.copyOf(inserts);
        updates = List.copyOf(updates);
        deletes = List.copyOf(deletes);
        keylessDeletes = List.copyOf(keylessDeletes);
        cleared = List.copyOf(cleared);
    }

    /** A delta of changes alone, which say what the target has. */
    public TableDelta(
            TableId table,
            boolean truncated,
            List<Row> inserts,
            List<KeyedUpdate> updates,
            List<KeyedDelete> deletes,
            List<Row> keylessDeletes) {
        this(table, truncated, inserts, updates, deletes, keylessDeletes, List.of());
    }

    /** True when there is nothing to do. */
    public boolean isEmpty() {
        return !truncated && rows() == 0;
    }

    /** The number of rows that change, without those a truncate removes. */
    public long rows() {
        return (long) inserts.size() + updates.size() + deletes.size() + keylessDeletes.size() + cleared.size();
    }
}
