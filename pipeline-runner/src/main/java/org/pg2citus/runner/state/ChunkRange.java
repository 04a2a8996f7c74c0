package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.KeyOrder;

/** Which rows of a table. */
public sealed interface ChunkRange {

    /** All of them. */
    record Whole() implements ChunkRange {}

    /**
     * Those whose key is in a range. What a range holds means the same in every snapshot.
     *
     * @param column the first column of the primary key
     * @param from the lowest key; empty for no bound
     * @param to the lowest key beyond; empty for no bound
     */
    record Keys(String column, KeyOrder order, Optional<String> from, Optional<String> to) implements ChunkRange {
        public Keys {
            requireNonNull(column, "column is null");
            requireNonNull(order, "order is null");
            requireNonNull(from, "from is null");
            requireNonNull(to, "to is null");
        }
    }

    /**
     * Those that are stored in a range of blocks. A row that is updated moves, so what a range holds means something only
     * within one snapshot.
     *
     * @param leaf the table, or one partition of it
     * @param to the first block beyond; empty for the table's end
     */
    record Blocks(TableId leaf, long from, OptionalLong to) implements ChunkRange {
        public Blocks {
            requireNonNull(leaf, "leaf is null");
            requireNonNull(to, "to is null");
        }
    }
}
