package org.pg2citus.source.record;

import java.util.Map;

/** How far the stream was read, and how far the topic tells; the source offset that records carry. */
final class CompletePosition {

    private final SourcePosition position;
    private Map<String, ?> offset;
    private long readLsn;
    private long toldLsn;

    CompletePosition(SourcePosition position, long startLsn) {
        this.position = position;
        this.offset = position.offset(startLsn);
        this.readLsn = startLsn;
        this.toldLsn = startLsn;
    }

    void readUpTo(long lsn) {
        if (Long.compareUnsigned(lsn, readLsn) > 0) {
            readLsn = lsn;
        }
    }

    /** Records from the next one on tell that everything before this position is in the topic. */
    void tell(long lsn) {
        readLsn = lsn;
        toldLsn = lsn;
        offset = position.offset(lsn);
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
