package org.pg2citus.sink.change;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/** One change of one table, in the order in which the source made it. */
public sealed interface RowChange {

    TableId table();

    /** Roughly the bytes that the change holds in memory. */
    long sizeBytes();

    /**
     * A new row.
     *
     * @param key the row's key columns and values as the source knows them; empty for a table without a key
     */
    record Insert(TableId table, Optional<Row> key, Row after) implements RowChange {
        public Insert {
            requireNonNull(table, "table is null");
            requireNonNull(key, "key is null");
            requireNonNull(after, "after is null");
        }

        @Override
        public long sizeBytes() {
            return after.sizeBytes();
        }
    }

    /**
     * A row as it is at one point of the source, whether the target has the row or not. It may come several times, as
     * rows of a snapshot do.
     *
     * @param key the row's key: without one, a row that comes again cannot be told from a new one
     */
    record Upsert(TableId table, Row key, Row after) implements RowChange {
        public Upsert {
            requireNonNull(table, "table is null");
            requireNonNull(key, "key is null");
            requireNonNull(after, "after is null");
        }

        @Override
        public long sizeBytes() {
            return after.sizeBytes();
        }
    }

    /**
     * A changed row. A changed key is one update with different {@code oldKey} and {@code newKey}.
     *
     * @param oldKey the key before the change; empty for a table without a key, whose {@code before} is then complete
     * @param newKey the key after the change; empty for a table without a key
     * @param before what is known of the old row: all of it with REPLICA IDENTITY FULL, else empty. With a key, a null
     *     in it may also mean "not sent"
     * @param after the new row; unchanged TOAST values are {@link Row#UNAVAILABLE}
     */
    record Update(TableId table, Optional<Row> oldKey, Optional<Row> newKey, Optional<Row> before, Row after)
            implements RowChange {
        public Update {
            requireNonNull(table, "table is null");
            requireNonNull(oldKey, "oldKey is null");
            requireNonNull(newKey, "newKey is null");
            requireNonNull(before, "before is null");
            requireNonNull(after, "after is null");
            if (oldKey.isPresent() != newKey.isPresent()) {
                throw new IllegalArgumentException("one of oldKey and newKey is missing for " + table);
            }
            if (oldKey.isEmpty() && before.isEmpty()) {
                throw new IllegalArgumentException("an update of " + table + " has neither key nor old row");
            }
        }

        @Override
        public long sizeBytes() {
            return after.sizeBytes() + before.map(Row::sizeBytes).orElse(0L);
        }
    }

    /**
     * A removed row.
     *
     * @param key the row's key; empty for a table without a key, whose {@code before} is then complete
     * @param before what is known of the old row: all of it with REPLICA IDENTITY FULL, else empty. With a key, a null
     *     in it may also mean "not sent"
     */
    record Delete(TableId table, Optional<Row> key, Optional<Row> before) implements RowChange {
        public Delete {
            requireNonNull(table, "table is null");
            requireNonNull(key, "key is null");
            requireNonNull(before, "before is null");
            if (key.isEmpty() && before.isEmpty()) {
                throw new IllegalArgumentException("a delete from " + table + " has neither key nor old row");
            }
        }

        @Override
        public long sizeBytes() {
            return 64
                    + key.map(Row::sizeBytes).orElse(0L)
                    + before.map(Row::sizeBytes).orElse(0L);
        }
    }

    /** The table was emptied. */
    record Truncate(TableId table) implements RowChange {
        public Truncate {
            requireNonNull(table, "table is null");
        }

        @Override
        public long sizeBytes() {
            return 64;
        }
    }
}
