package org.pg2citus.sink.batch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.RowChange;

/** Whole source transactions that wait to be applied together, and the position they lead to. */
public final class PendingBatch {

    private final NetChange netChange = new NetChange();
    private List<List<TableDelta>> parts = new ArrayList<>();
    private Optional<Lsn> endLsn = Optional.empty();
    private Optional<Lsn> seenLsn = Optional.empty();
    private long nextOffset = -1;
    private final Map<String, Long> nextOffsets = new HashMap<>();
    private long transactions;
    private long sourceRows;

    /** Adds one change of the transaction that {@link #endTransaction} will close. */
    public void add(RowChange change) {
        if (netChange.mustDrainBefore(change)) {
            parts.add(netChange.drain());
        }
        netChange.add(change);
        sourceRows++;
    }

    /** Everything added since the last call was one whole source transaction, whose END is at {@code lastOffset}. */
    public void endTransaction(Lsn lsn, long lastOffset) {
        endLsn = Optional.of(lsn);
        nextOffset = lastOffset + 1;
        transactions++;
    }

    /** The topic was read up to {@code offset}, the source's WAL up to {@code lsn}, outside of any transaction. */
    public void mark(Lsn lsn, long offset) {
        seenLsn = Optional.of(lsn);
        nextOffset = offset + 1;
    }

    /** The record at {@code offset} needs no work, and lies outside of any transaction that does. */
    public void pass(long offset) {
        nextOffset = offset + 1;
    }

    /** With a topic for each table: in these, everything before these offsets is in the batch or was before. */
    public void moveTo(Map<String, Long> offsets) {
        nextOffsets.putAll(offsets);
    }

    /** True when there is a position to write, with or without rows. */
    public boolean hasPosition() {
        return nextOffset >= 0 || !nextOffsets.isEmpty();
    }

    /** True when there are rows to write. */
    public boolean hasRows() {
        return !parts.isEmpty() || !netChange.isEmpty();
    }

    public boolean reaches(BatchLimits limits) {
        return limits.reachedBy(netChange);
    }

    /**
     * Hands out the rows, in parts that must be written one after the other, in one target transaction. Nearly always
     * there is one part.
     */
    public List<List<TableDelta>> drain() {
        List<List<TableDelta>> drained = parts;
        parts = new ArrayList<>();
        drained.add(netChange.drain());
        return drained;
    }

    /** The end LSN of the last whole transaction; empty when there is none. */
    public Optional<Lsn> endLsn() {
        return endLsn;
    }

    /** The last watermark; empty when there is none. */
    public Optional<Lsn> seenLsn() {
        return seenLsn;
    }

    /** The topic offset behind everything in the batch. */
    public long nextOffset() {
        return nextOffset;
    }

    /** With a topic for each table, the offset behind everything in the batch, where it moved. */
    public Map<String, Long> nextOffsets() {
        return nextOffsets;
    }

    public long transactions() {
        return transactions;
    }

    /** Row changes of the source, before the reduction. */
    public long sourceRows() {
        return sourceRows;
    }

    /** Empties the batch, after it was applied or when it is to be read again. */
    public void clear() {
        netChange.drain();
        parts = new ArrayList<>();
        endLsn = Optional.empty();
        seenLsn = Optional.empty();
        nextOffset = -1;
        nextOffsets.clear();
        transactions = 0;
        sourceRows = 0;
    }
}
