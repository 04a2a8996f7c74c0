package org.pg2citus.sink.progress;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.sink.change.Lsn;

/**
 * How far a pipeline is, as the target has it.
 *
 * @param appliedLsn every source transaction whose commit ends at or before it is applied
 * @param nextOffset the topic offset to go on from; empty before the first batch from this topic
 * @param seenLsn everything in the source's WAL up to it was read and is either applied or does not concern the target
 * @param holdAtLsn no transaction whose commit ends beyond it may be applied; set by others, only read here
 * @param rowsApplied row changes of the source applied so far
 * @param transactionsApplied transactions of the source applied so far
 */
public record Progress(
        Lsn appliedLsn,
        OptionalLong nextOffset,
        Optional<Lsn> seenLsn,
        Optional<Lsn> holdAtLsn,
        long rowsApplied,
        long transactionsApplied) {

    public Progress {
        requireNonNull(appliedLsn, "appliedLsn is null");
        requireNonNull(nextOffset, "nextOffset is null");
        requireNonNull(seenLsn, "seenLsn is null");
        requireNonNull(holdAtLsn, "holdAtLsn is null");
    }

    /** The progress after {@code transactions} more transactions with {@code rows} row changes. */
    public Progress after(Lsn newAppliedLsn, long newNextOffset, long rows, long transactions) {
        if (newAppliedLsn.compareTo(appliedLsn) < 0) {
            throw new IllegalArgumentException(
                    "applied LSN would go back from %s to %s".formatted(appliedLsn, newAppliedLsn));
        }
        return new Progress(
                newAppliedLsn,
                OptionalLong.of(newNextOffset),
                seenLsn,
                holdAtLsn,
                rowsApplied + rows,
                transactionsApplied + transactions);
    }

    /** The same progress, with the source's WAL known to be read up to {@code lsn}. */
    public Progress seenUpTo(Lsn lsn) {
        Lsn later = seenLsn.filter(seen -> seen.compareTo(lsn) > 0).orElse(lsn);
        return new Progress(appliedLsn, nextOffset, Optional.of(later), holdAtLsn, rowsApplied, transactionsApplied);
    }

    /** The same progress with what others now ask for. */
    public Progress holdingAt(Optional<Lsn> lsn) {
        return new Progress(appliedLsn, nextOffset, seenLsn, lsn, rowsApplied, transactionsApplied);
    }

    /** True when both are the same point of the stream. */
    public boolean isSamePoint(Progress other) {
        return appliedLsn.equals(other.appliedLsn)
                && nextOffset.equals(other.nextOffset)
                && rowsApplied == other.rowsApplied
                && transactionsApplied == other.transactionsApplied;
    }
}
