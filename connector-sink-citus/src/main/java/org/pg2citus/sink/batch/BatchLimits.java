package org.pg2citus.sink.batch;

/**
 * When a batch of whole source transactions is applied.
 *
 * @param maxRows rows of net change at which it is
 * @param maxBytes bytes of net change at which it is
 */
public record BatchLimits(long maxRows, long maxBytes) {

    public BatchLimits {
        if (maxRows < 1 || maxBytes < 1) {
            throw new IllegalArgumentException(
                    "limits must be at least 1: " + maxRows + " rows, " + maxBytes + " bytes");
        }
    }

    public boolean reachedBy(NetChange change) {
        return change.rows() >= maxRows || change.sizeBytes() >= maxBytes;
    }
}
