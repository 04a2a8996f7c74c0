package org.pg2citus.sink.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;

/** The net change of any history does what the history does, applied change by change. */
class NetChangePropertyTest {

    private static final int HISTORIES = 12_000;
    private static final int MAX_CHANGES = 60;

    /** In one order in every run, so that a seed gives the same history again. */
    private static final Map<TableId, List<String>> KEYS = new TreeMap<>(Map.of(
            new TableId("public", "keyed"), List.of("k"),
            new TableId("public", "composite"), List.of("k1", "k2"),
            new TableId("public", "keyless"), List.of()));

    private final Map<TableId, RandomHistory> histories = new LinkedHashMap<>();
    private final Map<TableId, ModelTable> oneByOne = new LinkedHashMap<>();
    private final Map<TableId, ModelTable> batched = new LinkedHashMap<>();
    private NetChange net = new NetChange();

    @Test
    void netChangeOfAnyHistory_endsAsTheHistoryAppliedOneByOne() {
        for (long seed = 1; seed <= HISTORIES; seed++) {
            try {
                run(new Random(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private void run(Random random) {
        net = new NetChange();
        KEYS.forEach((table, key) -> {
            histories.put(table, new RandomHistory(random, table, key));
            oneByOne.put(table, new ModelTable(key));
        });
        // The target starts with rows of its own.
        for (int i = random.nextInt(20); i > 0; i--) {
            anyHistory(random).next().forEach(change -> oneByOne.get(change.table())
                    .apply(change));
        }
        oneByOne.forEach((table, model) -> batched.put(table, model.copy()));
        Set<TableId> touched = new LinkedHashSet<>();
        for (int i = 1 + random.nextInt(MAX_CHANGES); i > 0; i--) {
            for (RowChange change : anyHistory(random).next()) {
                oneByOne.get(change.table()).apply(change);
                if (net.mustDrainBefore(change) || random.nextInt(40) == 0) {
                    drain(touched);
                }
                net.add(change);
                touched.add(change.table());
            }
        }
        drain(touched);
        histories.forEach((table, history) -> {
            List<String> columns = new ArrayList<>(history.columns());
            columns.addAll(List.of("x0", "x1", "x2"));
            assertThat(batched.get(table).contents(columns))
                    .as(table.toString())
                    .isEqualTo(oneByOne.get(table).contents(columns));
        });
    }

    private void drain(Set<TableId> touched) {
        long rows = net.rows();
        boolean empty = net.isEmpty();
        assertThat(net.sizeBytes()).isNotNegative();
        List<TableDelta> deltas = net.drain();
        assertThat(deltas.isEmpty()).isEqualTo(empty);
        assertThat(deltas.stream().mapToLong(TableDelta::rows).sum()).isEqualTo(rows);
        assertThat(deltas).noneMatch(TableDelta::isEmpty);
        assertThat(deltas.stream().map(TableDelta::table).toList())
                .as("tables in the order in which they were touched")
                .isSubsetOf(touched)
                .isEqualTo(touched.stream()
                        .filter(table ->
                                deltas.stream().anyMatch(delta -> delta.table().equals(table)))
                        .toList());
        assertThat(net.isEmpty()).isTrue();
        assertThat(net.rows()).isZero();
        assertThat(net.sizeBytes()).isZero();
        deltas.forEach(NetChangePropertyTest::checkKeys);
        deltas.forEach(delta -> batched.get(delta.table()).apply(delta));
        touched.clear();
    }

    /** No row is written twice, and none is both deleted and updated. */
    private static void checkKeys(TableDelta delta) {
        List<String> keyColumns = KEYS.get(delta.table());
        if (keyColumns.isEmpty()) {
            assertThat(Collections.disjoint(delta.keylessDeletes(), delta.inserts()))
                    .as("no row is both deleted and inserted")
                    .isTrue();
            return;
        }
        List<List<String>> written = new ArrayList<>();
        delta.inserts().forEach(row -> written.add(key(row, keyColumns)));
        delta.updates().forEach(update -> written.add(key(update.after(), keyColumns)));
        assertThat(written).doesNotHaveDuplicates();
        List<Row> consumed = new ArrayList<>();
        delta.deletes().forEach(delete -> consumed.add(delete.key()));
        delta.updates().forEach(update -> consumed.add(update.originKey()));
        consumed.addAll(delta.cleared());
        assertThat(consumed).doesNotHaveDuplicates();
    }

    private static List<String> key(Row row, List<String> keyColumns) {
        return keyColumns.stream()
                .map(column -> row.value(column).orElseThrow())
                .toList();
    }

    private RandomHistory anyHistory(Random random) {
        return List.copyOf(histories.values()).get(random.nextInt(histories.size()));
    }
}
