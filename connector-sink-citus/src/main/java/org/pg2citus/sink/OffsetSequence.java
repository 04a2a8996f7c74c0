package org.pg2citus.sink;

import org.apache.kafka.common.TopicPartition;
import org.pg2citus.sink.failure.HaltException;

/**
 * Sees to it that no record is missing between the durable position and the newest record.
 *
 * <p>A consumer whose position was removed by retention jumps to the oldest record that is left and says nothing; the
 * transactions in between would be lost.
 */
final class OffsetSequence {

    private final TopicPartition partition;
    private final long gapMax;
    private long expected;

    /**
     * @param first the offset that the next record must have
     * @param gapMax offsets that may be missing in front of a record, see {@link CitusSinkConfig#OFFSET_GAP_MAX}
     */
    OffsetSequence(TopicPartition partition, long first, long gapMax) {
        this.partition = partition;
        this.expected = first;
        this.gapMax = gapMax;
    }

    /** Starts again at an offset, after a rewind. */
    void restartAt(long first) {
        expected = first;
    }

    /**
     * Takes the next record's offset.
     *
     * @return false for a record in front of the expected one, which was delivered before a rewind took effect
     */
    boolean accept(long offset) {
        if (offset < expected) {
            return false;
        }
        if (offset - expected > gapMax) {
            throw new HaltException(
                    "TK001",
                    "records %d to %d of %s are missing: the topic does not hold any more what was not yet applied"
                                    .formatted(expected, offset - 1, partition)
                            + " (retention, or the topic was recreated). Nothing was applied beyond the gap."
                            + " Run 'pg2citus cleanup' and migrate again, and give the topic a retention without limit.");
        }
        expected = offset + 1;
        return true;
    }
}
