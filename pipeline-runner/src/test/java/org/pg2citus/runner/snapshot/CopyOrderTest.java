package org.pg2citus.runner.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.sink.change.TableId;

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

    private static String name(Optional<Table> table) {
        return table.map(found -> found.id().name()).orElse("none");
    }

    @Test
    void withoutForeignKeys_largestComesFirst() throws InterruptedException {
        CopyOrder order =
                new CopyOrder(List.of(table("a", 1, false), table("c", 3, false), table("b", 2, false)), Map.of());

        assertThat(List.of(name(order.next()), name(order.next()), name(order.next()), name(order.next())))
                .containsExactly("c", "b", "a", "none");
    }

    @Test
    void childWaits_untilItsParentIsFinished() throws Exception {
        Map<TableId, Set<TableId>> references =
                Map.of(new TableId("public", "child"), ids("parent", "child", "elsewhere"));
        CopyOrder order = new CopyOrder(List.of(table("child", 9, false), table("parent", 1, false)), references);
        assertThat(name(order.next())).isEqualTo("parent");
        FutureTask<String> child = new FutureTask<>(() -> name(order.next()));
        Thread thread = new Thread(child);
        thread.start();
        thread.join(200);
        assertThat(child.isDone()).isFalse();

        order.finished(new TableId("public", "parent"));

        assertThat(child.get(10, TimeUnit.SECONDS)).isEqualTo("child");
    }

    @Test
    void circleOfForeignKeys_doesNotWaitForEver() throws InterruptedException {
        Map<TableId, Set<TableId>> references =
                Map.of(new TableId("public", "a"), ids("b"), new TableId("public", "b"), ids("a"));
        CopyOrder order = new CopyOrder(List.of(table("a", 1, false), table("b", 2, false)), references);

        assertThat(name(order.next())).isEqualTo("b");
    }

    @Test
    void closed_handsOutNothingMore() throws InterruptedException {
        CopyOrder order = new CopyOrder(List.of(table("a", 1, false)), Map.of());
        order.close();

        assertThat(order.next()).isEmpty();
    }

    @Test
    void copyStatements_nameTheColumnsThatAreNotGenerated() {
        assertThat(TableCopy.copyOutSql(table("t", 1, false)))
                .isEqualTo("COPY \"public\".\"t\" (\"id\", \"Odd \"\"one\"\"\") TO STDOUT");
        assertThat(TableCopy.copyOutSql(table("t", 1, true)))
                .isEqualTo("COPY (SELECT \"id\", \"Odd \"\"one\"\"\" FROM \"public\".\"t\") TO STDOUT");
        assertThat(TableCopy.copyInSql(table("t", 1, true)))
                .isEqualTo("COPY \"public\".\"t\" (\"id\", \"Odd \"\"one\"\"\") FROM STDIN");
    }

    @Test
    void meter_tellsRateAndTimeLeft() {
        TableId a = new TableId("public", "a");
        CopyMeter meter = new CopyMeter(List.of(table("a", 0, false)), Map.of(), 0);
        meter.started(a);
        meter.added(a, 25, 1_000);

        CopyProgressed half = meter.measure(1_000_000_000L);

        assertThat(half.rowsPerSecond()).isEqualTo(25);
        assertThat(half.bytesPerSecond()).isEqualTo(1_000);
        assertThat(half.timeLeft().orElseThrow().toSeconds()).isEqualTo(3);
        meter.finished(a);
        assertThat(meter.measure(2_000_000_000L).tables())
                .containsExactly(new TableProgress(a, TableProgress.State.COPIED, 25, 1_000, 25));
    }
}
