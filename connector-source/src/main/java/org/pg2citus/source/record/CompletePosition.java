package org.pg2citus.source.record;

import java.util.Map;

/**
 * How far the stream was read, and how far the topic tells; the source offset that records carry. It never goes back: after
 * a crash the server sends again what the topic has, and may meanwhile have got a confirmation that was on its way. A
 * position stored below the slot's would look like a slot that somebody advanced.
 */
final class CompletePosition {

    private final SourcePosition position;
    private Map<String, ?> offset;
    private long readLsn;
    private long toldLsn;

    /** @param completeLsn the topic is known to be complete up to here */
    CompletePosition(SourcePosition position, long completeLsn) {
        this.position = position;
        this.offset = position.offset(completeLsn);
        this.readLsn = completeLsn;
        this.toldLsn = completeLsn;
    }

    void readUpTo(long lsn) {
        if (Long.compareUnsigned(lsn, readLsn) > 0) {
            readLsn = lsn;
        }
    }

    /** Records from the next one on tell that everything before this position is in the topic. */
    void tell(long lsn) {
        readUpTo(lsn);
        if (Long.compareUnsigned(lsn, toldLsn) > 0) {
            toldLsn = lsn;
            offset = position.offset(lsn);
        }
    }

    long readLsn() {
        return readLsn;
    }

    /** Whether more was read than the topic tells. */
    boolean isBehind() {
        return Long.compareUnsigned(readLsn, toldLsn) > 0;
    }

    Map<String, ?> offset() {
        return offset;
    }

    Map<String, ?> partition() {
        return position.partition();
    }
}
