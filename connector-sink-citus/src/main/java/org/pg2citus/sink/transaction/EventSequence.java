package org.pg2citus.sink.transaction;

import java.util.Optional;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

/** The events of one transaction, checked to be complete and in order; the two halves of a changed key are joined. */
final class EventSequence {

    private static final String REMEDY =
            ". Events are missing or out of order: the topic must have one partition, only one source connector may write"
                    + " it, and its retention must exceed the longest stall of the sink. If events are lost, copy the"
                    + " data anew";

    private final long xid;
    private final long beginOffset;
    private long count;
    private Event.KeyChangeFrom keyChange;

    EventSequence(long xid, long beginOffset) {
        this.xid = xid;
        this.beginOffset = beginOffset;
    }

    long xid() {
        return xid;
    }

    long beginOffset() {
        return beginOffset;
    }

    /** The number of events so far. */
    long count() {
        return count;
    }

    /** Takes the next event. Empty for one that changes nothing by itself. */
    Optional<RowChange> next(Event.InTransaction event, long offset) {
        if (event.xid() != xid) {
            throw halt("TX002", offset, "an event of transaction " + event.xid() + " lies inside of it");
        }
        if (event.order() != count + 1) {
            throw halt(
                    "TX003", offset, "the event with total_order " + event.order() + " follows the one with " + count);
        }
        count++;
        if (event instanceof Event.KeyChangeTo second) {
            return Optional.of(joined(second, offset));
        }
        checkNoHalfIsLeft(offset);
        if (event instanceof Event.KeyChangeFrom first) {
            keyChange = first;
            return Optional.empty();
        }
        return event instanceof Event.Change change ? Optional.of(change.change()) : Optional.empty();
    }

    /** Takes the end. */
    void end(Event.End end, long offset) {
        if (end.xid() != xid) {
            throw halt("TX002", offset, "the END of transaction " + end.xid() + " lies inside of it");
        }
        if (end.eventCount() != count) {
            throw halt("TX004", offset, "its END counts " + end.eventCount() + " events, but " + count + " came");
        }
        checkNoHalfIsLeft(offset);
    }

    private RowChange joined(Event.KeyChangeTo second, long offset) {
        Event.KeyChangeFrom first = keyChange;
        if (first == null
                || !first.table().equals(second.table())
                || !first.oldKey().equals(second.oldKey())
                || !first.newKey().equals(second.newKey())) {
            throw halt(
                    "TX005",
                    offset,
                    "the second half of a changed key in table " + second.table() + " does not follow its first half");
        }
        keyChange = null;
        return new RowChange.Update(
                second.table(),
                Optional.of(second.oldKey()),
                Optional.of(second.newKey()),
                first.before(),
                first.before().map(second.after()::filledFrom).orElse(second.after()));
    }

    private void checkNoHalfIsLeft(long offset) {
        if (keyChange != null) {
            throw halt(
                    "TX005",
                    offset,
                    "the second half of a changed key in table " + keyChange.table()
                            + " does not follow its first half");
        }
    }

    private HaltException halt(String code, long offset, String what) {
        return new HaltException(
                code,
                "transaction " + xid + " (topic offsets " + beginOffset + " to " + offset + "): " + what + REMEDY);
    }
}
