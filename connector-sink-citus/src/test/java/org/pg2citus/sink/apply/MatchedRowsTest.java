package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pg2citus.sink.apply.TestTables.EMAIL;
import static org.pg2citus.sink.apply.TestTables.ID;
import static org.pg2citus.sink.apply.TestTables.NAME;
import static org.pg2citus.sink.apply.TestTables.TAGS;
import static org.pg2citus.sink.apply.TestTables.TENANT;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.catalog.TargetTable;

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
                .update(rows(new String[] {"1", "10", "a"}, new String[] {"1", "11", null}), TENANT);
        assertThat(statement.sql())
                .isEqualTo("UPDATE \"app\".\"t\" AS t SET \"name\" = u.c2"
                        + " FROM unnest(?::bigint[], ?::bigint[], ?::text[]) AS u(c0, c1, c2)"
                        + " WHERE t.\"tenant\" = u.c0 AND t.\"id\" = u.c1 AND t.\"tenant\" = ANY (?::bigint[])");
        assertThat(statement.parameters())
                .containsExactly("{\"1\",\"1\"}", "{\"10\",\"11\"}", "{\"a\",NULL}", "{\"1\",\"1\"}");
        assertThat(statement.rows()).isEqualTo(2);
    }

    @Test
    void update_ofAnArrayColumn_isByValues() {
        BoundStatement statement = new MatchedRows(DISTRIBUTED, List.of(TENANT, ID), List.of(TAGS))
                .update(rows(new String[] {"1", "10", "{a,b}"}, new String[] {"1", "11", null}), TENANT);
        assertThat(statement.sql())
                .isEqualTo("UPDATE \"app\".\"t\" AS t SET \"tags\" = u.c2"
                        + " FROM (VALUES (?::bigint, ?::bigint, ?::text[]), (?::bigint, ?::bigint, ?::text[]))"
                        + " AS u(c0, c1, c2)"
                        + " WHERE t.\"tenant\" = u.c0 AND t.\"id\" = u.c1 AND t.\"tenant\" = ANY (?::bigint[])");
        assertThat(statement.parameters()).containsExactly("1", "10", "{a,b}", "1", "11", null, "{\"1\",\"1\"}");
    }

    @Test
    void update_thatWritesNothing_setsAColumnToItself() {
        assertThat(new MatchedRows(PLAIN, List.of(ID), List.of())
                        .update(rows(new String[] {"1"}), NAME)
                        .sql())
                .isEqualTo("UPDATE \"app\".\"t\" AS t SET \"name\" = t.\"name\" FROM unnest(?::bigint[]) AS u(c0)"
                        + " WHERE t.\"id\" = u.c0");
    }

    @Test
    void delete_usesTheOperatorOfTheType() {
        assertThat(new MatchedRows(PLAIN, List.of(EMAIL), List.of())
                        .delete(rows(new String[] {"a"}))
                        .sql())
                .isEqualTo("DELETE FROM \"app\".\"t\" AS t USING unnest(?::public.citext[]) AS u(c0)"
                        + " WHERE t.\"E mail\" OPERATOR(\"public\".=) u.c0");
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
