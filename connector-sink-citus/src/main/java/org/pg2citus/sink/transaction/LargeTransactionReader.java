package org.pg2citus.sink.transaction;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

/**
 * Reads a transaction that is too large to keep: the same events again, from its BEGIN, change by change. That it
 * committed, and how it ends, is known already. Not thread safe.
 */
public final class LargeTransactionReader {

    private final Assembled.TooLarge expected;
    private EventSequence open;
    private boolean complete;

    public LargeTransactionReader(Assembled.TooLarge expected) {
        this.expected = requireNonNull(expected, "expected is null");
    }

    /** The transaction that is read. */
    public Assembled.TooLarge transaction() {
        return expected;
    }

    /**
     * Takes the next event, starting with the record at {@link Assembled.TooLarge#beginOffset}. What stands before the
     * BEGIN in that record was handed out before, and is left out.
     *
     * @param doneOffset as in {@link TransactionAssembler#accept}
     * @return the change it makes; empty for boundaries, messages and the first half of a changed key
     * @throws HaltException {@code TX0xx} when the events are not the same as at the first reading
     */
    public Optional<RowChange> accept(Event event, long offset, long doneOffset) {
        if (complete) {
            throw new IllegalStateException("transaction " + expected.xid() + " was read to its end");
        }
        if (event instanceof Event.InTransaction change && open != null) {
            return open.next(change, offset);
        }
        boolean moreOfItsRecord = offset == expected.beginOffset() && doneOffset < offset;
        if (open == null && moreOfItsRecord && !isExpectedBegin(event)) {
            return Optional.empty();
        }
        if (event instanceof Event.Begin begin && open == null) {
            check(isExpectedBegin(begin) && offset == expected.beginOffset(), offset);
            open = new EventSequence(begin.xid(), offset);
        } else if (event instanceof Event.End end && open != null) {
            open.end(end, offset);
            check(
                    end.endLsn().equals(expected.endLsn())
                            && doneOffset == expected.lastOffset()
                            && end.eventCount() == expected.eventCount(),
                    offset);
            complete = true;
        } else {
            check(event instanceof Event.Watermark || event instanceof Event.Ignored, offset);
        }
        return Optional.empty();
    }

    /** True once the END has come: everything was handed out. */
    public boolean isComplete() {
        return complete;
    }

    private boolean isExpectedBegin(Event event) {
        return event instanceof Event.Begin begin && begin.xid() == expected.xid();
    }

    private void check(boolean same, long offset) {
        if (!same) {
            throw new HaltException(
                    "TX007",
                    "transaction %d (LSN %s, topic offsets %d to %d) reads otherwise at offset %d than at first. The topic was changed while the sink read it: stop whatever else writes, trims or compacts it, and start the sink again"
                            .formatted(
                                    expected.xid(),
                                    expected.endLsn(),
                                    expected.beginOffset(),
                                    expected.lastOffset(),
                                    offset));
        }
    }
}
