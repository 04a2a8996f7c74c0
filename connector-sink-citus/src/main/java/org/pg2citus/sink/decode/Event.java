package org.pg2citus.sink.decode;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;

/** What one topic record says. */
public sealed interface Event {

    /** A committed source transaction starts; its events follow. */
    record Begin(long xid) implements Event {}

    /**
     * All events of the transaction were sent.
     *
     * @param endLsn the end of its commit record
     * @param eventCount how many events lie between BEGIN and END
     * @param eventsByCollection how many of them each table has, by the name that the source has for it; may be empty
     */
    record End(long xid, Lsn endLsn, long eventCount, Map<String, Long> eventsByCollection) implements Event {
        public End {
            requireNonNull(endLsn, "endLsn is null");
            eventsByCollection = Map.copyOf(eventsByCollection);
        }

        public End(long xid, Lsn endLsn, long eventCount) {
            this(xid, endLsn, eventCount, Map.of());
        }
    }

    /** Something that a source transaction did: one step of its {@code total_order}. */
    sealed interface InTransaction extends Event {

        /** The source's transaction id. */
        long xid();

        /** The position inside the transaction, counted from 1. */
        long order();
    }

    /** A change of one row or table. */
    record Change(long xid, long order, RowChange change) implements InTransaction {
        public Change {
            requireNonNull(change, "change is null");
        }
    }

    /**
     * The first half of an update that changes the key. Debezium sends such an update as a delete and an insert; to
     * apply it as those two would lose unchanged TOAST values.
     */
    record KeyChangeFrom(long xid, long order, TableId table, Row oldKey, Row newKey, Optional<Row> before)
            implements InTransaction {
        public KeyChangeFrom {
            requireNonNull(table, "table is null");
            requireNonNull(oldKey, "oldKey is null");
            requireNonNull(newKey, "newKey is null");
            requireNonNull(before, "before is null");
        }
    }

    /** The second half of an update that changes the key; follows its first half at once. */
    record KeyChangeTo(long xid, long order, TableId table, Row oldKey, Row newKey, Row after)
            implements InTransaction {
        public KeyChangeTo {
            requireNonNull(table, "table is null");
            requireNonNull(oldKey, "oldKey is null");
            requireNonNull(newKey, "newKey is null");
            requireNonNull(after, "after is null");
        }
    }

    /** A logical message inside a transaction: changes nothing, but counts as one of its events. */
    record Message(long xid, long order) implements InTransaction {}

    /**
     * A row of a snapshot that the source connector reads itself, outside of any transaction.
     *
     * @param snapshotLsn where in the WAL the snapshot was taken, the same for all of its rows; empty for a row of an
     *     incremental snapshot, which each time says what the row is at this place of the stream
     */
    record Untransacted(RowChange.Upsert change, Optional<Lsn> snapshotLsn) implements Event {
        public Untransacted {
            requireNonNull(change, "change is null");
            requireNonNull(snapshotLsn, "snapshotLsn is null");
        }
    }

    /** Every transaction that committed before this position is in the topic before this record. */
    record Watermark(Lsn lsn) implements Event {
        public Watermark {
            requireNonNull(lsn, "lsn is null");
        }
    }

    /** Carries nothing to apply: a heartbeat, a tombstone, somebody else's logical message outside a transaction. */
    record Ignored() implements Event {}
}
