package org.pg2citus.runner.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.MigrationEvent.TableCopied;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.runner.state.ChunkRange;
import org.pg2citus.runner.state.CopyState;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.KeyOrder;

class CopyOrderTest {

    static Table table(String name, long sizeBytes, boolean partitioned) {
        return new Table(
                new TableId("public", name),
                partitioned,
                false,
                false,
                true,
                List.of("id"),
                List.of(),
                100,
                sizeBytes,
                new Table.Access(true, true, true),
                List.of(
                        new Column("id", "bigint", true, false, false),
                        new Column("Odd \"one\"", "text", false, false, false),
                        new Column("computed", "text", false, true, true)));
    }

    private static Set<TableId> ids(String... names) {
        return Arrays.stream(names).map(name -> new TableId("public", name)).collect(Collectors.toSet());
    }

    private static Chunk whole(String name, long sizeBytes) {
        return Chunk.whole(new TableId("public", name), sizeBytes);
    }

    private static Chunk part(String name, int number, long sizeBytes) {
        return new Chunk(
                new TableId("public", name),
                number,
                new ChunkRange.Blocks(new TableId("public", name), number, OptionalLong.empty()),
                sizeBytes);
    }

    private static String name(Optional<Chunk> chunk) {
        return chunk.map(found -> found.table().name()).orElse("none");
    }

    @Test
    void withoutForeignKeys_largestComesFirst() throws InterruptedException {
        CopyOrder order = new CopyOrder(List.of(whole("a", 1), whole("c", 3), whole("b", 2)), Map.of());

        assertThat(List.of(name(order.next()), name(order.next()), name(order.next()), name(order.next())))
                .containsExactly("c", "b", "a", "none");
    }

    @Test
    void childWaits_untilItsParentIsFinished() throws Exception {
        Map<TableId, Set<TableId>> references =
                Map.of(new TableId("public", "child"), ids("parent", "child", "elsewhere"));
        CopyOrder order =
                new CopyOrder(List.of(whole("child", 9), part("parent", 0, 2), part("parent", 1, 1)), references);
        assertThat(name(order.next())).isEqualTo("parent");
        assertThat(name(order.next())).isEqualTo("parent");
        FutureTask<String> child = new FutureTask<>(() -> name(order.next()));
        Thread thread = new Thread(child);
        thread.start();
        thread.join(200);
        assertThat(child.isDone()).isFalse();

        order.finished(part("parent", 1, 1));
        thread.join(200);
        assertThat(child.isDone()).isFalse();
        assertThat(order.isFinished()).isFalse();

        order.finished(part("parent", 0, 2));

        assertThat(child.get(10, TimeUnit.SECONDS)).isEqualTo("child");
    }

    @Test
    void circleOfForeignKeys_doesNotWaitForEver() throws InterruptedException {
        Map<TableId, Set<TableId>> references =
                Map.of(new TableId("public", "a"), ids("b"), new TableId("public", "b"), ids("a"));
        CopyOrder order = new CopyOrder(List.of(whole("a", 1), whole("b", 2)), references);

        assertThat(name(order.next())).isEqualTo("b");
    }

    @Test
    void closed_handsOutNothingMore() throws InterruptedException {
        CopyOrder order = new CopyOrder(List.of(whole("a", 1)), Map.of());
        order.close();

        assertThat(order.next()).isEmpty();
        assertThat(order.isFinished()).isFalse();
    }

    @Test
    void copyStatements_nameTheColumnsThatAreNotGenerated() {
        ChunkRange whole = new ChunkRange.Whole();
        assertThat(CopySql.out(table("t", 1, false), whole))
                .isEqualTo("COPY \"public\".\"t\" (\"id\", \"Odd \"\"one\"\"\") TO STDOUT");
        assertThat(CopySql.out(table("t", 1, true), whole))
                .isEqualTo("COPY (SELECT \"id\", \"Odd \"\"one\"\"\" FROM \"public\".\"t\") TO STDOUT");
        assertThat(CopySql.in(table("t", 1, true)))
                .isEqualTo("COPY \"public\".\"t\" (\"id\", \"Odd \"\"one\"\"\") FROM STDIN");
    }

    @Test
    void copyStatements_ofPartsReadTheirRangesAndNoInheritingTables() {
        assertThat(CopySql.out(
                        table("t", 1, false),
                        new ChunkRange.Keys("id", KeyOrder.INTEGER, Optional.of("-5"), Optional.of("7"))))
                .endsWith(" FROM ONLY \"public\".\"t\" WHERE \"id\" >= '-5' AND \"id\" < '7') TO STDOUT");
        assertThat(CopySql.out(
                        table("t", 1, true),
                        new ChunkRange.Keys("id", KeyOrder.INTEGER, Optional.empty(), Optional.of("7"))))
                .endsWith(" FROM \"public\".\"t\" WHERE \"id\" < '7') TO STDOUT");
        TableId leaf = new TableId("public", "leaf");
        assertThat(CopySql.out(table("t", 1, true), new ChunkRange.Blocks(leaf, 8, OptionalLong.of(16))))
                .endsWith(
                        " FROM ONLY \"public\".\"leaf\" WHERE ctid >= '(8,0)'::tid AND ctid < '(16,0)'::tid) TO STDOUT");
        assertThat(CopySql.out(table("t", 1, true), new ChunkRange.Blocks(leaf, 16, OptionalLong.empty())))
                .endsWith(" WHERE ctid >= '(16,0)'::tid) TO STDOUT");
    }

    @Test
    void meter_tellsRateAndTimeLeft() {
        TableId a = new TableId("public", "a");
        CopyState none = new CopyState(Map.of(), Map.of(), Map.of());
        CopyMeter meter = new CopyMeter(List.of(table("a", 0, false)), none, Map.of(a, 2), 0);
        meter.started(a, 0);
        meter.added(a, 25, 1_000);

        CopyProgressed half = meter.measure(1_000_000_000L);

        assertThat(half.rowsPerSecond()).isEqualTo(25);
        assertThat(half.bytesPerSecond()).isEqualTo(1_000);
        assertThat(half.timeLeft().orElseThrow().toSeconds()).isEqualTo(3);
        assertThat(half.tables())
                .containsExactly(new TableProgress(
                        a, TableProgress.State.COPYING, 25, 1_000, 100, 25, 1_000, Optional.of(Duration.ofSeconds(3))));
        assertThat(meter.finished(a, 1)).isEmpty();
        meter.added(a, 5, 10);
        meter.undone(a, 5, 10);
        assertThat(meter.finished(a, 2_000_000_000L)).contains(new TableCopied(a, 25, 1_000, Duration.ofSeconds(2)));
        assertThat(meter.measure(2_000_000_000L).tables())
                .containsExactly(TableProgress.resting(a, TableProgress.State.COPIED, 25, 1_000, 25));
    }
}
