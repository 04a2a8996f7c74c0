package org.pg2citus.sink.batch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/**
 * Reduces changes, in the order in which the source made them, to what they do in the end: at most one insert, update or
 * delete for each row. Each change costs a few look-ups; memory grows with the rows that are touched. Not thread safe.
 *
 * <p>Keys are compared as text, which tells apart all that the types tell apart, and some equal values besides (numeric
 * {@code 1.0} and {@code 1.00}): the outcome is right all the same, but two such keys count as two rows here.
 */
public final class NetChange {

    private final Map<TableId, TableChanges> tables = new LinkedHashMap<>();

    /** Kept up to date, because they are asked for after each change, and there may be many tables. */
    private long rows;

    private long sizeBytes;

    /**
     * Whether {@link #drain} must come before this change can be added, because it does not fit what is held of its
     * table: its key has other columns (the key was redefined), its old row is not the row that is held (its type was
     * changed), or the table has no key and its columns changed. Rare: a schema change in the midst of a batch. What is
     * drained belongs into the same target transaction as the rest.
     */
    public boolean mustDrainBefore(RowChange change) {
        TableChanges changes = tables.get(change.table());
        return changes != null && !changes.accepts(change);
    }

    /**
     * Adds the next change.
     *
     * @throws HaltException {@code TX02x} when the change cannot have happened after the ones before it
     */
    public void add(RowChange change) {
        TableChanges changes = tables.computeIfAbsent(change.table(), TableChanges::new);
        rows -= changes.rows();
        sizeBytes -= changes.sizeBytes();
        changes.add(change);
        rows += changes.rows();
        sizeBytes += changes.sizeBytes();
    }

    /** The number of rows that would be written now. */
    public long rows() {
        return rows;
    }

    /** Roughly the bytes that are held in memory. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** True when nothing has to be written. */
    public boolean isEmpty() {
        return rows == 0 && tables.values().stream().allMatch(TableChanges::isEmpty);
    }

    /** Hands out what has to be written, by table in the order in which they were first touched, and forgets it. */
    public List<TableDelta> drain() {
        List<TableDelta> deltas = new ArrayList<>(tables.size());
        for (TableChanges changes : tables.values()) {
            if (!changes.isEmpty()) {
                deltas.add(changes.toDelta());
            }
        }
        tables.clear();
        rows = 0;
        sizeBytes = 0;
        return deltas;
    }
}
