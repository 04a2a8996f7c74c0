package org.pg2citus.sink.transaction;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.SourceTransaction;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

/**
 * Puts the events of one topic partition together to whole source transactions. Not thread safe.
 *
 * <p>A source connector that restarts sends a transaction that it had not finished again from its BEGIN, and complete
 * earlier ones before it. So a transaction that a BEGIN interrupts is dropped, and has to come again before anything
 * newer does; until then nothing is handed out, so that the position stays before it, and a restart of the sink still
 * knows of it. Otherwise transactions are handed out as often as they come: the caller drops those that the target has.
 */
public final class TransactionAssembler {

    private final long maxRows;
    private final long maxBytes;

    private EventSequence open;
    private List<RowChange> changes = new ArrayList<>();
    private long sizeBytes;
    private boolean tooLarge;

    private Lsn lastEnd;
    private EventSequence interrupted;

    /**
     * @param maxRows how many changes of one transaction are kept in memory
     * @param maxBytes how many bytes of changes of one transaction are kept in memory
     * @param applied the end of the last transaction that the target has; {@link Lsn#ZERO} if it has none
     */
    public TransactionAssembler(long maxRows, long maxBytes, Lsn applied) {
        if (maxRows < 1 || maxBytes < 1) {
            throw new IllegalArgumentException("limits below 1: %d rows, %d bytes".formatted(maxRows, maxBytes));
        }
        this.maxRows = maxRows;
        this.maxBytes = maxBytes;
        this.lastEnd = requireNonNull(applied, "applied is null");
    }

    /**
     * Takes the next event.
     *
     * @param offset the topic offset of its record
     * @param doneOffset the last record that is read to its end with it: {@code offset}, or the one before when more
     *     events of this record follow, so that reading goes on at this record
     * @return what has become whole with it
     * @throws HaltException {@code TX0xx} when events are missing, or come in an order that cannot be
     */
    public Optional<Assembled> accept(Event event, long offset, long doneOffset) {
        if (event instanceof Event.InTransaction change) {
            add(change, offset);
            return Optional.empty();
        }
        if (event instanceof Event.Begin begin) {
            begin(begin, offset);
            return Optional.empty();
        }
        if (event instanceof Event.End end) {
            return end(end, offset, doneOffset);
        }
        if (event instanceof Event.Untransacted row) {
            return Optional.of(new Assembled.Snapshot(row, doneOffset, isBetweenTransactions()));
        }
        // With a transaction unfinished or owed, the position must not move past its BEGIN. Another mark comes soon.
        return event instanceof Event.Watermark mark && isBetweenTransactions()
                ? Optional.of(new Assembled.Mark(mark.lsn(), doneOffset))
                : Optional.empty();
    }

    /** True when no transaction is unfinished or owed. */
    public boolean isBetweenTransactions() {
        return open == null && interrupted == null;
    }

    /** Adds a change to the open transaction that is none of its events, but was made between them. */
    public void join(RowChange change) {
        if (open == null) {
            throw new IllegalStateException("no transaction is open");
        }
        keep(change);
    }

    /** Forgets the unfinished transaction: the next event is read from another offset. */
    public void reset() {
        open = null;
        interrupted = null;
        forgetChanges();
    }

    private void begin(Event.Begin begin, long offset) {
        if (open != null && interrupted == null) {
            interrupted = open;
        }
        open = new EventSequence(begin.xid(), offset);
        forgetChanges();
    }

    private void add(Event.InTransaction event, long offset) {
        if (open == null) {
            throw outside("an event", event.xid(), offset);
        }
        open.next(event, offset).ifPresent(this::keep);
    }

    private void keep(RowChange change) {
        if (tooLarge) {
            return;
        }
        changes.add(change);
        sizeBytes += change.sizeBytes();
        if (changes.size() > maxRows || sizeBytes > maxBytes) {
            forgetChanges();
            tooLarge = true;
        }
    }

    private Optional<Assembled> end(Event.End end, long offset, long doneOffset) {
        if (open == null) {
            throw outside("the END", end.xid(), offset);
        }
        open.end(end, offset);
        Optional<Assembled> whole =
                isRepeatBeforeInterrupted(end, offset) ? Optional.empty() : Optional.of(whole(end, doneOffset));
        lastEnd = end.endLsn().compareTo(lastEnd) > 0 ? end.endLsn() : lastEnd;
        open = null;
        forgetChanges();
        return whole;
    }

    private Assembled whole(Event.End end, long doneOffset) {
        return tooLarge
                ? new Assembled.TooLarge(end.xid(), end.endLsn(), open.beginOffset(), doneOffset, open.count())
                : new Assembled.Whole(new SourceTransaction(end.xid(), end.endLsn(), doneOffset, changes));
    }

    /** Commits come in order: nothing newer than all before it passes a transaction that was interrupted. */
    private boolean isRepeatBeforeInterrupted(Event.End end, long offset) {
        if (interrupted == null || interrupted.xid() == end.xid()) {
            interrupted = null;
            return false;
        }
        if (end.endLsn().compareTo(lastEnd) > 0) {
            throw new HaltException(
                    "TX006",
                    "transaction %d (begun at topic offset %d) never ended, but the later transaction %d did (LSN %s, topic offset %d): its end is lost. Copy the data anew"
                            .formatted(interrupted.xid(), interrupted.beginOffset(), end.xid(), end.endLsn(), offset));
        }
        return true;
    }

    private void forgetChanges() {
        changes = new ArrayList<>();
        sizeBytes = 0;
        tooLarge = false;
    }

    private static HaltException outside(String what, long xid, long offset) {
        return new HaltException(
                "TX001",
                what + " of transaction " + xid + " at topic offset " + offset
                        + " has no BEGIN before it. The topic has lost its beginning (its retention must exceed the"
                        + " longest stall of the sink), or reading started in the middle of a transaction");
    }
}
