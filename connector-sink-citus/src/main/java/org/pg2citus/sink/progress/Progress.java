package org.pg2citus.sink.progress;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * How far a pipeline is, as the target has it.
 *
 * @param appliedLsn every source transaction whose commit ends at or before it is applied
 * @param nextOffset the topic offset to go on from; empty before the first batch from this topic, and with a topic for
 *     each table
 * @param seenLsn everything in the source's WAL up to it was read and is either applied or does not concern the target
 * @param holdAtLsn no transaction whose commit ends beyond it may be applied; set by others, only read here
 * @param rowsApplied row changes of the source applied so far
 * @param transactionsApplied transactions of the source applied so far
 * @param nextOffsets with a topic for each table, the offset to go on from in each; a topic that is not here was not read
 * @param newSnapshots tables of which the first rows of a snapshot of the source are applied with this progress, and where
 *     that was taken; only to be written, never read here
 */
public record Progress(
        Lsn appliedLsn,
        OptionalLong nextOffset,
        Optional<Lsn> seenLsn,
        Optional<Lsn> holdAtLsn,
        long rowsApplied,
        long transactionsApplied,
        Map<String, Long> nextOffsets,
        Map<TableId, Lsn> newSnapshots) {

    public Progress {
        requireNonNull(appliedLsn, "appliedLsn is null");
        requireNonNull(nextOffset, "nextOffset is null");
        requireNonNull(seenLsn, "seenLsn is null");
        requireNonNull(holdAtLsn, "holdAtLsn is null");
        nextOffsets = Map.copyOf(nextOffsets);
        newSnapshots = Map.copyOf(newSnapshots);
    }

    /** Of one ordered topic. */
    public Progress(
            Lsn appliedLsn,
            OptionalLong nextOffset,
            Optional<Lsn> seenLsn,
            Optional<Lsn> holdAtLsn,
            long rowsApplied,
            long transactionsApplied) {
        this(appliedLsn, nextOffset, seenLsn, holdAtLsn, rowsApplied, transactionsApplied, Map.of(), Map.of());
    }

    /** The progress after {@code transactions} more transactions with {@code rows} row changes. */
    public Progress after(Lsn newAppliedLsn, long newNextOffset, long rows, long transactions) {
        return after(newAppliedLsn, OptionalLong.of(newNextOffset), nextOffsets, rows, transactions);
    }

    /** The same with a topic for each table: {@code moved} are the topics in which the offset moved. */
    public Progress after(Lsn newAppliedLsn, Map<String, Long> moved, long rows, long transactions) {
        Map<String, Long> offsets = new HashMap<>(nextOffsets);
        offsets.putAll(moved);
        return after(newAppliedLsn, OptionalLong.empty(), offsets, rows, transactions);
    }

    private Progress after(
            Lsn newAppliedLsn, OptionalLong offset, Map<String, Long> offsets, long rows, long transactions) {
        if (newAppliedLsn.compareTo(appliedLsn) < 0) {
            throw new IllegalArgumentException(
                    "applied LSN would go back from %s to %s".formatted(appliedLsn, newAppliedLsn));
        }
        return new Progress(
                newAppliedLsn,
                offset,
                seenLsn,
                holdAtLsn,
                rowsApplied + rows,
                transactionsApplied + transactions,
                offsets,
                Map.of());
    }

    /** The same progress, with the source's WAL known to be read up to {@code lsn}. */
    public Progress seenUpTo(Lsn lsn) {
        Lsn later = seenLsn.filter(seen -> seen.compareTo(lsn) > 0).orElse(lsn);
        return with(Optional.of(later), holdAtLsn, newSnapshots);
    }

    /** The same progress with what others now ask for. */
    public Progress holdingAt(Optional<Lsn> lsn) {
        return with(seenLsn, lsn, Map.of());
    }

    /** The same progress, with the first rows of these tables' snapshots. */
    public Progress snapshotsOf(Map<TableId, Lsn> snapshots) {
        return with(seenLsn, holdAtLsn, snapshots);
    }

    private Progress with(Optional<Lsn> seen, Optional<Lsn> hold, Map<TableId, Lsn> snapshots) {
        return new Progress(
                appliedLsn, nextOffset, seen, hold, rowsApplied, transactionsApplied, nextOffsets, snapshots);
    }

    /** True when both are the same point of the stream. */
    public boolean isSamePoint(Progress other) {
        return appliedLsn.equals(other.appliedLsn)
                && nextOffset.equals(other.nextOffset)
                && nextOffsets.equals(other.nextOffsets)
                && rowsApplied == other.rowsApplied
                && transactionsApplied == other.transactionsApplied;
    }
}
