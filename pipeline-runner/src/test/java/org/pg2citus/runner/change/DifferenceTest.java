package org.pg2citus.runner.change;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.sink.change.TableId;

class DifferenceTest {

    private static final TableId T = new TableId("public", "t");

    /** @param columns as {@code name type} */
    private static Map<TableId, Table> table(String... columns) {
        return Map.of(
                T,
                new Table(
                        T,
                        false,
                        false,
                        false,
                        true,
                        List.of("id"),
                        List.of(),
                        0,
                        0,
                        new Table.Access(true, true, true),
                        Arrays.stream(columns)
                                .map(text -> text.split(" ", 2))
                                .map(parts -> new Column(parts[0], parts[1], false, false, false))
                                .toList()));
    }

    private static List<Difference> between(Map<TableId, Table> source, Map<TableId, Table> target, String... gone) {
        return Difference.between(List.of(T), source, target, Map.of(T, Set.of(gone)));
    }

    @Test
    void equalTables_differInNothing() {
        assertThat(between(table("id bigint", "a text"), table("a text", "id bigint", "own int")))
                .isEmpty();
        assertThat(between(table("id integer"), table("id bigint"))).isEmpty();
    }

    @Test
    void addedColumn_isMissing() {
        Difference difference =
                between(table("id bigint", "a text"), table("id bigint")).get(0);
        assertThat(difference.kind()).isEqualTo(Difference.Kind.NO_COLUMN);
        assertThat(difference.needsPassing()).isFalse();
        assertThat(difference.targetSql()).startsWith("ALTER TABLE \"public\".\"t\" ADD COLUMN \"a\" text;");
    }

    @Test
    void droppedColumn_needsTheSinkToPassTheChangeFirst() {
        Difference difference =
                between(table("id bigint"), table("id bigint", "a text"), "a").get(0);
        assertThat(difference.kind()).isEqualTo(Difference.Kind.GONE_COLUMN);
        assertThat(difference.needsPassing()).isTrue();
        assertThat(between(table("id bigint"), table("id bigint"), "a")).isEmpty();
        assertThat(between(table("id bigint", "a text"), table("id bigint", "a text"), "a"))
                .isEmpty();
    }

    @Test
    void types_areToldApartByWhatTheyHold() {
        assertThat(between(table("id bigint"), table("id integer")).get(0).kind())
                .isEqualTo(Difference.Kind.WIDER_TYPE);
        assertThat(between(table("id text"), table("id integer")).get(0).kind()).isEqualTo(Difference.Kind.OTHER_TYPE);
    }

    @Test
    void missingTable_isSaid_droppedTableIsNone() {
        assertThat(between(table("id bigint"), Map.of()).get(0).kind()).isEqualTo(Difference.Kind.NO_TABLE);
        assertThat(between(Map.of(), table("id bigint"))).isEmpty();
    }
}
