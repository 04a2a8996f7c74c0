package org.pg2citus.sink.transaction;

import static java.util.Objects.requireNonNull;

import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.SourceTransaction;
import org.pg2citus.sink.decode.Event;

/** What the topic yields once it is whole. */
public sealed interface Assembled {

    /**
     * The topic offset of the last record that is read to its end: the next one is where reading goes on. Of a record
     * with several transactions only the last one has the record's own offset.
     */
    long lastOffset();

    /** A committed source transaction with all of its changes. It may have none; the position still moves. */
    record Whole(SourceTransaction transaction) implements Assembled {
        public Whole {
            requireNonNull(transaction, "transaction is null");
        }

        @Override
        public long lastOffset() {
            return transaction.lastOffset();
        }
    }

    /**
     * A committed source transaction that exceeds the limits: it was counted and checked, but its changes were not kept.
     * Read the topic again from {@code beginOffset} with a {@link LargeTransactionReader}.
     *
     * @param endLsn the end of its commit record
     * @param beginOffset the topic offset of the record with its BEGIN
     * @param lastOffset the last record that is read to its end with its END
     * @param eventCount how many events lie between the two
     */
    record TooLarge(long xid, Lsn endLsn, long beginOffset, long lastOffset, long eventCount) implements Assembled {
        public TooLarge {
            requireNonNull(endLsn, "endLsn is null");
        }
    }

    /** Every transaction that committed before {@code lsn} has been handed out before this mark. */
    record Mark(Lsn lsn, long lastOffset) implements Assembled {
        public Mark {
            requireNonNull(lsn, "lsn is null");
        }
    }

    /**
     * A row of the source connector's own snapshot. The same row may come again, after a restart of the snapshot.
     *
     * @param settled whether no transaction is unfinished before it: the position may move past it
     */
    record Snapshot(Event.Untransacted row, long lastOffset, boolean settled) implements Assembled {
        public Snapshot {
            requireNonNull(row, "row is null");
        }
    }
}
