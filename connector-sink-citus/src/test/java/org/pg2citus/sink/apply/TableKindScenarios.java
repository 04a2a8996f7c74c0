package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.apply.Changes.values;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.failure.HaltException;

/** Every kind of change on every kind of table. */
abstract class TableKindScenarios extends ApplyScenarios {

    @ParameterizedTest
    @MethodSource("kinds")
    void insertUpdateDelete_areApplied(TableKind kind) throws Exception {
        String t = table(kind, "tenant bigint, id bigint, name text, n numeric(10,2), PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,name,n")
                .insert("1", "1", "a", "1.50")
                .insert("2", "2", "tab\tnl\nback\\slash\r", null)
                .insert("3", "3", "c", "NaN"));
        apply(Changes.of(t, "tenant,id", "tenant,id,name,n")
                .delete("1", "1")
                .update("2", "2", "quote\"{,}\\ 'x", "2.00")
                .update("3", "3", null, Row.UNAVAILABLE)
                .insert("4", "4", "", "4.00"));
        assertThat(rows(t))
                .containsExactly(
                        List.of("2", "2", "quote\"{,}\\ 'x", "2.00"),
                        Arrays.asList("3", "3", null, "NaN"),
                        List.of("4", "4", "", "4.00"));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void truncate_thenInsert_leavesTheNewRows(TableKind kind) throws Exception {
        String t = table(kind, "tenant bigint, id bigint, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id").insert("1", "1").insert("2", "2"));
        apply(Changes.of(t, "tenant,id", "tenant,id").truncate().insert("1", "3"));
        assertThat(rows(t)).containsExactly(List.of("1", "3"));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void changedKey_movesTheRow(TableKind kind) throws Exception {
        String t = table(kind, "tenant bigint, id bigint, a text, b text, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,a,b")
                .insert("1", "1", "a1", "b1")
                .insert("1", "2", "a2", "b2")
                .insert("2", "3", "a3", "b3"));
        apply(Changes.of(t, "tenant,id", "tenant,id,a,b")
                .rekey(values("1", "1"), "1", "2", "x1", Row.UNAVAILABLE)
                .rekey(values("1", "2"), "1", "1", "x2", Row.UNAVAILABLE)
                .rekey(values("2", "3"), "5", "3", "x3", Row.UNAVAILABLE));
        assertThat(rows(t))
                .containsExactly(
                        List.of("1", "1", "x2", "b2"), List.of("1", "2", "x1", "b1"), List.of("5", "3", "x3", "b3"));
        apply(Changes.of(t, "tenant,id", "tenant,id,a,b").rekey(values("1", "1"), "1", "7", "y", Row.UNAVAILABLE));
        assertThat(rows(t)).contains(List.of("1", "7", "y", "b2"));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void changedDistributionColumn_outsideOfTheKey_movesTheRow(TableKind kind) throws Exception {
        String t = table(kind, "tenant bigint, id bigint, a text, b text, PRIMARY KEY (tenant, id)");
        Changes rows = Changes.of(t, "id", "tenant,id,a,b");
        for (int i = 1; i <= 20; i++) {
            rows.insert("1", String.valueOf(i), "a", "b" + i);
        }
        apply(rows);
        apply(Changes.of(t, "id", "tenant,id,a,b")
                .update("1", "1", "x", Row.UNAVAILABLE)
                .update("2", "2", "x", Row.UNAVAILABLE)
                .updateFrom(values("1", "3", null, null), "3", "3", "x", Row.UNAVAILABLE)
                .delete("4")
                .deleteRow("1", "5", null, null));
        assertThat(target.rows("SELECT * FROM %s WHERE id < 7 ORDER BY id".formatted(t)))
                .containsExactly(
                        List.of("1", "1", "x", "b1"),
                        List.of("2", "2", "x", "b2"),
                        List.of("3", "3", "x", "b3"),
                        List.of("1", "6", "a", "b6"));
        assertThat(target.value("SELECT count(*) FROM " + t)).isEqualTo("18");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void keylessTable_losesOneOfEqualRows(TableKind kind) throws Exception {
        String t = table(kind, "tenant bigint, n numeric, j json, p point, x text");
        apply(Changes.of(t, "", "tenant,n,j,p,x")
                .insert("1", "1.0", "{\"a\": 1}", "(1,2)", null)
                .insert("1", "1.0", "{\"a\": 1}", "(1,2)", null)
                .insert("1", "1.0", "{\"a\": 1}", "(1,2)", null)
                .insert("1", "1.00", "{\"a\": 1}", "(1,2)", null)
                .insert("2", null, null, null, "x"));
        apply(Changes.of(t, "", "tenant,n,j,p,x")
                .deleteKeyless("1", "1.0", "{\"a\": 1}", "(1,2)", null)
                .deleteKeyless("1", "1.0", "{\"a\": 1}", "(1,2)", null)
                .deleteKeyless("2", null, null, null, "x")
                .insert("3", null, null, null, "y"));
        assertThat(rows(t))
                .containsExactly(
                        Arrays.asList("1", "1.0", "{\"a\": 1}", "(1,2)", null),
                        Arrays.asList("1", "1.00", "{\"a\": 1}", "(1,2)", null),
                        Arrays.asList("3", null, null, null, "y"));
        assertThatThrownBy(() -> apply(Changes.of(t, "", "tenant,n,j,p,x")
                        .deleteKeyless("3", null, null, null, "y")
                        .deleteKeyless("3", null, null, null, "y")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP005");
        assertThat(target.value("SELECT count(*) FROM %s WHERE tenant = 3".formatted(t)))
                .isEqualTo("1");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void missingRow_haltsAndAppliesNothing(TableKind kind) throws Exception {
        String t = table(kind, "tenant bigint, id bigint, a text, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "1", "a").insert("2", "2", "a"));
        assertThatThrownBy(() -> apply(Changes.of(t, "tenant,id", "tenant,id,a")
                        .update("1", "1", "b")
                        .update("1", "99", "b")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith(
                        "AP003: an update of public.%s by tenant, id was for 2 rows, but hit 1".formatted(t));
        assertThatThrownBy(() -> apply(Changes.of(t, "tenant,id", "tenant,id,a")
                        .delete("1", "1")
                        .delete("9", "9")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith(
                        "AP004: a delete from public.%s by tenant, id was for 2 rows, but hit 1".formatted(t));
        assertThat(rows(t)).containsExactly(List.of("1", "1", "a"), List.of("2", "2", "a"));
        assertThat(writer.progress().appliedLsn()).isEqualTo(new Lsn(position() - 2));
    }
}
