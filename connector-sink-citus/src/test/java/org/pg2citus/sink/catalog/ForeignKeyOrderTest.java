package org.pg2citus.sink.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.TableId;

class ForeignKeyOrderTest {

    private static final TableId A = new TableId("s", "a");
    private static final TableId B = new TableId("s", "b");
    private static final TableId C = new TableId("s", "c");

    private static TargetTable table(TableId id, TableId... parents) {
        List<ForeignKey> keys = Arrays.stream(parents)
                .map(parent -> new ForeignKey(id.name() + "_" + parent.name(), id, parent, false))
                .toList();
        return new TargetTable(id, TableKind.PLAIN, false, false, Map.of(), Optional.empty(), 0, List.of(), keys);
    }

    private static List<TableId> order(TargetTable... tables) {
        return ForeignKeyOrder.parentsFirst(List.of(tables)).stream()
                .map(TargetTable::id)
                .toList();
    }

    @Test
    void parents_comeBeforeTheirChildren() {
        assertThat(order(table(A, B), table(B, C), table(C))).containsExactly(C, B, A);
    }

    @Test
    void parentsOutsideOfTheBatch_doNotMatter() {
        assertThat(order(table(A, C), table(B))).containsExactly(A, B);
    }

    @Test
    void cyclesAndSelfReferences_areAllThere() {
        assertThat(order(table(A, B), table(B, A, B), table(C, A))).containsExactlyInAnyOrder(A, B, C);
    }

    @Test
    void tablesAreTied_onlyByKeysAmongThem() {
        assertThat(ForeignKeyOrder.areTied(List.of(table(A, B), table(B)))).isTrue();
        assertThat(ForeignKeyOrder.areTied(List.of(table(A, A)))).isTrue();
        assertThat(ForeignKeyOrder.areTied(List.of(table(A, C), table(B)))).isFalse();
    }
}
