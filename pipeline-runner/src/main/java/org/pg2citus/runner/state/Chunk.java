package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

import org.pg2citus.sink.change.TableId;

/**
 * A part of a table that is copied in one transaction: the unit of parallelism and of resuming.
 *
 * @param number counts a table's chunks from 0
 * @param sizeBytes how much it is, roughly
 */
public record Chunk(TableId table, int number, ChunkRange range, long sizeBytes) {

    public Chunk {
        requireNonNull(table, "table is null");
        requireNonNull(range, "range is null");
    }

    public static Chunk whole(TableId table, long sizeBytes) {
        return new Chunk(table, 0, new ChunkRange.Whole(), sizeBytes);
    }

    public boolean isWhole() {
        return range instanceof ChunkRange.Whole;
    }

    @Override
    public String toString() {
        return isWhole() ? "table " + table : "table %s, part %d".formatted(table, number + 1);
    }
}
