package org.pg2citus.source.record;

import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;
import org.pg2citus.source.pgoutput.PgOutputListener;

/**
 * Turns the stream into records of the topic: transactions whole and in order, and marks, which say how far was read.
 *
 * <p>Each record's source offset names the position up to which everything is in the topic once that record is: the end
 * of the last whole transaction, or the last mark. Not thread-safe.
 */
public interface TopicRecords extends PgOutputListener {

    /** Prefix of the logical messages that are ours. Others are not data of any table, and are left out. */
    String MESSAGE_PREFIX = "pg2citus";

    /**
     * The finished records since the last call.
     *
     * @param timeMs the time, to be put into records that follow
     * @param flush whether the reader is about to wait: what is whole is then finished, too
     */
    List<SourceRecord> take(long timeMs, boolean flush);

    /** Whether the last thing read was inside a transaction. */
    boolean isInTransaction();

    /** Everything up to this position was read, and no transaction is open. */
    void readUpTo(long lsn);

    /** Whether more was read than the topic tells. */
    boolean isMarkDue();

    /** Adds a mark at the position up to which everything was read. */
    void mark();
}
