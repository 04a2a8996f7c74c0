package org.pg2citus.runner.snapshot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.runner.state.ChunkRange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.KeyOrder;

/** Divides a large table. */
final class ChunkPlan {

    /** More would only be more rows in the ledger: a chunk of a larger table is larger. */
    static final int MAX_CHUNKS = 10_000;

    /**
     * From here on, rows that follow each other by key lie near each other: reading by key is then about as fast as
     * reading in the order of the disk. Below it, each row may cost a read of its own.
     */
    static final double MIN_ORDER = 0.9;

    private ChunkPlan() {}

    /** A table without partitions, or one partition. */
    record Leaf(TableId id, long blocks) {}

    /** How many chunks of about this size; 1 for a table that is not worth it. */
    static int count(Table table, long chunkBytes) {
        return (int) Math.min(MAX_CHUNKS, (table.sizeBytes() + chunkBytes - 1) / chunkBytes);
    }

    /**
     * Ranges of about equally many rows.
     *
     * @param sample keys as the table stores them
     * @param leastOrder how far the table has to lie in the order of its keys, 0 to 1
     * @return empty when the table does not lie in the order of its keys, or has too few of them
     */
    static List<Chunk> byKeys(
            Table table, String column, KeyOrder order, List<String> sample, int count, double leastOrder) {
        List<String> sorted = new ArrayList<>(sample);
        sorted.sort(order::compare);
        if (sample.size() < 2 || Math.abs(orderliness(sample, order)) < leastOrder) {
            return List.of();
        }
        List<String> bounds = IntStream.range(1, count)
                .mapToObj(i -> sorted.get((int) ((long) i * sorted.size() / count)))
                .distinct()
                .filter(bound -> order.compare(bound, sorted.get(0)) > 0)
                .toList();
        // Few keys with many rows each: ranges would differ in size too much.
        if (bounds.size() < (count - 1) / 2 + 1 && bounds.size() < count - 1) {
            return List.of();
        }
        List<Chunk> chunks = new ArrayList<>();
        for (int i = 0; i <= bounds.size(); i++) {
            chunks.add(new Chunk(
                    table.id(),
                    i,
                    new ChunkRange.Keys(
                            column,
                            order,
                            i == 0 ? Optional.empty() : Optional.of(bounds.get(i - 1)),
                            i == bounds.size() ? Optional.empty() : Optional.of(bounds.get(i))),
                    table.sizeBytes() / (bounds.size() + 1)));
        }
        return chunks;
    }

    /** The correlation between the order on disk and the order of the keys: 1 for the same, -1 for the reverse. */
    static double orderliness(List<String> sample, KeyOrder order) {
        int size = sample.size();
        List<Integer> byKey = new ArrayList<>(IntStream.range(0, size).boxed().toList());
        byKey.sort(Comparator.comparing(sample::get, order::compare));
        double distances = 0;
        for (int rank = 0; rank < size; rank++) {
            double distance = rank - byKey.get(rank);
            distances += distance * distance;
        }
        double n = size;
        return size < 2 ? 0 : 1 - 6 * distances / (n * (n * n - 1));
    }

    /** Ranges of blocks, partition by partition; the last of each is open, for what is appended meanwhile. */
    static List<Chunk> byBlocks(Table table, List<Leaf> leaves, int count) {
        if (leaves.isEmpty()) {
            // A partitioned table may have lost its partitions since its size was read.
            return List.of(Chunk.whole(table.id(), table.sizeBytes()));
        }
        long blocks = Math.max(1, leaves.stream().mapToLong(Leaf::blocks).sum());
        long perChunk = Math.max(1, (blocks + count - 1) / count);
        List<Chunk> chunks = new ArrayList<>();
        for (Leaf leaf : leaves) {
            long from = 0;
            do {
                long to = from + perChunk;
                boolean last = to >= leaf.blocks();
                long size = table.sizeBytes() * Math.min(perChunk, Math.max(1, leaf.blocks() - from)) / blocks;
                chunks.add(new Chunk(
                        table.id(),
                        chunks.size(),
                        new ChunkRange.Blocks(leaf.id(), from, last ? OptionalLong.empty() : OptionalLong.of(to)),
                        size));
                from = to;
            } while (from < leaf.blocks());
        }
        return chunks;
    }
}
