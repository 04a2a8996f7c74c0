package org.pg2citus.runner.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.runner.state.ChunkRange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.KeyOrder;

class ChunkPlanTest {

    private static final Table TABLE = CopyOrderTest.table("t", 1_000, false);

    private static List<String> numbers(int from, int to) {
        return new ArrayList<>(
                IntStream.range(from, to).mapToObj(Integer::toString).toList());
    }

    private static List<Chunk> byKeys(List<String> sample, int count) {
        return ChunkPlan.byKeys(TABLE, "id", KeyOrder.INTEGER, sample, count, ChunkPlan.MIN_ORDER);
    }

    @Test
    void count_growsWithTheTableUpToALimit() {
        assertThat(ChunkPlan.count(TABLE, 1_000)).isEqualTo(1);
        assertThat(ChunkPlan.count(TABLE, 999)).isEqualTo(2);
        assertThat(ChunkPlan.count(CopyOrderTest.table("t", Long.MAX_VALUE / 2, false), 1 << 20))
                .isEqualTo(ChunkPlan.MAX_CHUNKS);
        assertThat(ChunkPlan.count(CopyOrderTest.table("t", 0, false), 1)).isZero();
    }

    @Test
    void orderedKeys_areDividedIntoRangesThatMeet() {
        List<ChunkRange> ranges =
                byKeys(numbers(-50, 50), 4).stream().map(Chunk::range).toList();

        assertThat(ranges)
                .containsExactly(
                        new ChunkRange.Keys("id", KeyOrder.INTEGER, Optional.empty(), Optional.of("-25")),
                        new ChunkRange.Keys("id", KeyOrder.INTEGER, Optional.of("-25"), Optional.of("0")),
                        new ChunkRange.Keys("id", KeyOrder.INTEGER, Optional.of("0"), Optional.of("25")),
                        new ChunkRange.Keys("id", KeyOrder.INTEGER, Optional.of("25"), Optional.empty()));
        assertThat(byKeys(numbers(-50, 50), 4)).extracting(Chunk::number).containsExactly(0, 1, 2, 3);
    }

    @Test
    void keysThatLieAnywhere_areNotReadByKey() {
        List<String> sample = numbers(0, 1_000);
        Collections.shuffle(sample, new Random(1));

        assertThat(byKeys(sample, 4)).isEmpty();
        assertThat(ChunkPlan.byKeys(TABLE, "id", KeyOrder.INTEGER, sample, 4, 0))
                .as("but where asked to")
                .hasSize(4);
        assertThat(ChunkPlan.orderliness(sample, KeyOrder.INTEGER)).isBetween(-0.2, 0.2);
    }

    @Test
    void nearlyOrderedKeys_areReadByKey() {
        List<String> sample = numbers(0, 1_000);
        for (int i = 0; i + 10 < sample.size(); i += 20) {
            Collections.swap(sample, i, i + 10);
        }

        assertThat(byKeys(sample, 4)).hasSize(4);
    }

    @Test
    void fewKeysWithManyRowsEach_areNotReadByKey() {
        List<String> sample = new ArrayList<>(Collections.nCopies(500, "1"));
        sample.addAll(Collections.nCopies(500, "2"));

        assertThat(byKeys(sample, 8)).isEmpty();
        assertThat(byKeys(sample, 2)).hasSize(2);
        assertThat(byKeys(Collections.nCopies(500, "1"), 2)).isEmpty();
        assertThat(byKeys(List.of("1"), 2)).isEmpty();
        assertThat(byKeys(List.of(), 2)).isEmpty();
    }

    @Test
    void orderliness_isOneForTheSameOrderAndMinusOneForTheReverse() {
        List<String> sample = numbers(0, 100);
        assertThat(ChunkPlan.orderliness(sample, KeyOrder.INTEGER)).isEqualTo(1);
        Collections.reverse(sample);
        assertThat(ChunkPlan.orderliness(sample, KeyOrder.INTEGER)).isEqualTo(-1);
    }

    @Test
    void blocks_areDividedLeafByLeafWithOpenEnds() {
        TableId a = new TableId("public", "a");
        TableId b = new TableId("public", "b");
        TableId empty = new TableId("public", "empty");

        List<Chunk> chunks = ChunkPlan.byBlocks(
                TABLE, List.of(new ChunkPlan.Leaf(a, 10), new ChunkPlan.Leaf(b, 4), new ChunkPlan.Leaf(empty, 0)), 3);

        assertThat(chunks)
                .extracting(Chunk::range)
                .containsExactly(
                        new ChunkRange.Blocks(a, 0, OptionalLong.of(5)),
                        new ChunkRange.Blocks(a, 5, OptionalLong.empty()),
                        new ChunkRange.Blocks(b, 0, OptionalLong.empty()),
                        new ChunkRange.Blocks(empty, 0, OptionalLong.empty()));
        assertThat(chunks).extracting(Chunk::number).containsExactly(0, 1, 2, 3);
    }
}
