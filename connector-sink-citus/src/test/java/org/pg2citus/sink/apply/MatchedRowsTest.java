package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pg2citus.sink.apply.TestTables.EMAIL;
import static org.pg2citus.sink.apply.TestTables.ID;
import static org.pg2citus.sink.apply.TestTables.NAME;
import static org.pg2citus.sink.apply.TestTables.TAGS;
import static org.pg2citus.sink.apply.TestTables.TENANT;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.catalog.UniqueIndex;

class MatchedRowsTest {

    private static final TargetTable DISTRIBUTED = TestTables.distributed(List.of(), TENANT, ID, NAME, TAGS, EMAIL);
    private static final TargetTable PLAIN = TestTables.plain(ID, NAME, EMAIL);

    private static List<ClientRow<String>> rows(String[]... values) {
        return Arrays.stream(values)
                .map(row -> new ClientRow<>(Arrays.asList(row), "origin"))
                .toList();
    }

    @Test
    void update_ofADistributedTable_namesTheShardsValues() {
        BoundStatement statement = new MatchedRows(DISTRIBUTED, List.of(TENANT, ID), List.of(NAME))
                .update(rows(new String[] {"1", "10", "a"}, new String[] {"2", "11", null}), TENANT, false);
        assertThat(statement.sql())
                .isEqualTo("UPDATE \"app\".\"t\" AS t SET \"name\" = u.c2"
                        + " FROM unnest(?::bigint[], ?::bigint[], ?::text[]) AS u(c0, c1, c2)"
                        + " WHERE t.\"tenant\" = u.c0 AND t.\"id\" = u.c1"
                        + " AND (t.\"tenant\" = ANY (?::bigint[]) OR t.\"tenant\" = ANY (?::bigint[]))");
        assertThat(statement.parameters())
                .containsExactly("{\"1\",\"2\"}", "{\"10\",\"11\"}", "{\"a\",NULL}", "{\"1\"}", "{\"2\"}");
        assertThat(statement.rows()).isEqualTo(2);
    }

    @Test
    void update_ofAnArrayColumn_isByValues() {
        BoundStatement statement = new MatchedRows(DISTRIBUTED, List.of(TENANT, ID), List.of(TAGS))
                .update(rows(new String[] {"1", "10", "{a,b}"}, new String[] {"1", "11", null}), TENANT, false);
        assertThat(statement.sql())
                .isEqualTo("UPDATE \"app\".\"t\" AS t SET \"tags\" = u.c2"
                        + " FROM (VALUES (?::bigint, ?::bigint, ?::text[]), (?::bigint, ?::bigint, ?::text[]))"
                        + " AS u(c0, c1, c2)"
                        + " WHERE t.\"tenant\" = u.c0 AND t.\"id\" = u.c1"
                        + " AND (t.\"tenant\" = ANY (?::bigint[]) OR t.\"tenant\" = ANY (?::bigint[]))");
        assertThat(statement.parameters()).containsExactly("1", "10", "{a,b}", "1", "11", null, "{\"1\"}", "{\"1\"}");
    }

    @Test
    void update_thatWritesNothing_setsAColumnToItself() {
        assertThat(new MatchedRows(PLAIN, List.of(ID), List.of())
                        .update(rows(new String[] {"1"}, new String[] {"2"}), NAME, false)
                        .sql())
                .isEqualTo("UPDATE \"app\".\"t\" AS t SET \"name\" = t.\"name\" FROM unnest(?::bigint[]) AS u(c0)"
                        + " WHERE t.\"id\" = u.c0");
    }

    @Test
    void delete_usesTheOperatorOfTheType() {
        assertThat(new MatchedRows(PLAIN, List.of(EMAIL), List.of())
                        .delete(rows(new String[] {"a"}, new String[] {"b"}), false)
                        .sql())
                .isEqualTo("DELETE FROM \"app\".\"t\" AS t USING unnest(?::public.citext[]) AS u(c0)"
                        + " WHERE t.\"E mail\" OPERATOR(\"public\".=) u.c0");
    }

    @Test
    void singleRow_isFoundWithoutAJoin() {
        MatchedRows shape = new MatchedRows(DISTRIBUTED, List.of(TENANT, ID), List.of(NAME, TAGS));
        BoundStatement update = shape.update(rows(new String[] {"1", "10", "a", "{b}"}), TENANT, true);
        assertThat(update.sql())
                .isEqualTo("UPDATE \"app\".\"t\" AS t SET \"name\" = ?::text, \"tags\" = ?::text[]"
                        + " WHERE t.\"tenant\" = ?::bigint AND t.\"id\" = ?::bigint");
        assertThat(update.parameters()).containsExactly("a", "{b}", "1", "10");
        BoundStatement delete =
                new MatchedRows(PLAIN, List.of(EMAIL), List.of()).delete(rows(new String[] {"a"}), true);
        assertThat(delete.sql())
                .isEqualTo("DELETE FROM \"app\".\"t\" AS t WHERE t.\"E mail\" OPERATOR(\"public\".=) ?::public.citext");
        assertThat(delete.parameters()).containsExactly("a");
    }

    @Test
    void singleRow_whoseDistributionColumnIsADomain_isFoundByTheJoin() {
        TargetColumn domain = new TargetColumn(
                "tenant", "bigint", true, Optional.of("bigint[]"), false, false, Optional.of("="), true);
        TargetTable table = TestTables.distributed(List.of(), domain, ID, NAME);
        assertThat(new MatchedRows(table, List.of(domain, ID), List.of())
                        .delete(rows(new String[] {"1", "2"}), false)
                        .sql())
                .contains(" USING unnest(");
        // Not looked for by the domain, it may be a constant.
        assertThat(new MatchedRows(table, List.of(ID), List.of())
                        .delete(rows(new String[][] {{"2"}}), false)
                        .sql())
                .doesNotContain("unnest");
    }

    @Test
    void numberedStatements_returnTheNumbersOfTheRows() {
        MatchedRows shape = new MatchedRows(PLAIN, List.of(ID), List.of());
        assertThat(shape.delete(rows(new String[] {"1"}, new String[] {"2"}), true)
                        .sql())
                .endsWith("AS u(c0, i) WHERE t.\"id\" = u.c0 RETURNING u.i");
        assertThat(shape.update(rows(new String[] {"1"}, new String[] {"2"}), NAME, true)
                        .sql())
                .endsWith("AS u(c0, i) WHERE t.\"id\" = u.c0 RETURNING u.i");
    }

    @Test
    void keyMayRepeat_unlessAUniqueIndexOfTheTargetIsWithinIt() {
        Set<String> both = Set.of("tenant", "id");
        assertThat(repeats(new UniqueIndex("i", both, true, false), TENANT, ID)).isFalse();
        assertThat(repeats(new UniqueIndex("i", both, true, false), TENANT, ID, NAME))
                .isFalse();
        assertThat(repeats(new UniqueIndex("i", both, true, false), ID)).isTrue();
        assertThat(repeats(new UniqueIndex("i", both, false, false), TENANT, ID))
                .isTrue();
        assertThat(repeats(new UniqueIndex("i", both, true, true), TENANT, ID)).isTrue();
    }

    private static boolean repeats(UniqueIndex index, TargetColumn... match) {
        TargetTable table = TestTables.distributed(List.of(index), TENANT, ID, NAME);
        return new MatchedRows(table, List.of(match), List.of()).mayRepeat();
    }

    @Test
    void deleteReturning_numbersTheRows() {
        BoundStatement statement = new MatchedRows(DISTRIBUTED, List.of(ID), List.of())
                .deleteReturning(rows(new String[] {"10"}, new String[] {"11"}), List.of(TENANT, NAME));
        assertThat(statement.sql())
                .isEqualTo("DELETE FROM \"app\".\"t\" AS t USING unnest(?::bigint[], ?::integer[]) AS u(c0, i)"
                        + " WHERE t.\"id\" = u.c0 RETURNING u.i, t.\"tenant\", t.\"name\"");
        assertThat(statement.parameters()).containsExactly("{\"10\",\"11\"}", "{\"0\",\"1\"}");
    }

    @Test
    void statementsOfManyValues_areLimited() {
        assertThat(new MatchedRows(DISTRIBUTED, List.of(TENANT, ID), List.of(TAGS))
                        .source()
                        .maxRows(5_000))
                .isEqualTo(1_333);
        assertThat(new MatchedRows(DISTRIBUTED, List.of(TENANT, ID), List.of(NAME))
                        .source()
                        .maxRows(5_000))
                .isEqualTo(5_000);
    }
}
