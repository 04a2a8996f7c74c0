package org.pg2citus.sink.change;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A whole committed transaction of the source.
 *
 * @param xid the source's transaction id
 * @param endLsn the end of its commit record: the order of commits, and what progress records
 * @param lastOffset the last record of the topic that is read to its end with it
 */
public record SourceTransaction(long xid, Lsn endLsn, long lastOffset, List<RowChange> changes) {

    public SourceTransaction {
        requireNonNull(endLsn, "endLsn is null");
        changes = List.copyOf(changes);
    }
}
