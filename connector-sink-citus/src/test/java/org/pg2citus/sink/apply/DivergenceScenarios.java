package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.apply.Changes.values;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.failure.HaltException;

/** The target has other rows than the source had. */
abstract class DivergenceScenarios extends ApplyScenarios {

    private static final String DEFINITION = "tenant int, id int, a text, PRIMARY KEY (tenant, id)";

    private void openWriter(DivergencePolicy policy, boolean keysShown) {
        writer.close();
        writer = TargetWriter.open(
                target.settings().onDivergence(policy, keysShown), TestTarget.unique("pipeline"), "topic", 0);
    }

    private static Changes changes(String table) {
        return Changes.of(table, "tenant,id", "tenant,id,a");
    }

    @ParameterizedTest
    @EnumSource(TableKind.class)
    void missingRows_underCount_areLeftOutAndCounted(TableKind kind) throws Exception {
        String t = table(kind, DEFINITION);
        openWriter(DivergencePolicy.COUNT, false);
        apply(changes(t)
                .insert("1", "1", "a")
                .insert("1", "2", "a")
                .insert("2", "3", "a")
                .insert("1", "4", "a"));
        apply(changes(t)
                .update("1", "1", "b")
                .update("1", "98", "b")
                .update("1", "99", "b")
                .rekey(values("1", "97"), "7", "97", Row.UNAVAILABLE)
                .rekey(values("2", "3"), "5", "3", Row.UNAVAILABLE)
                .delete("1", "2")
                .delete("9", "9")
                .insert("6", "6", "new"));
        assertThat(rows(t))
                .containsExactly(
                        List.of("1", "1", "b"),
                        List.of("1", "4", "a"),
                        List.of("5", "3", "a"),
                        List.of("6", "6", "new"));
        assertThat(writer.metrics().divergences()).isEqualTo(4);
        assertThat(writer.progress().appliedLsn()).isEqualTo(new Lsn(position()));
    }

    @Test
    void missingRowsOfAKeylessTable_underCount_areCounted() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, a text");
        openWriter(DivergencePolicy.COUNT, false);
        apply(Changes.of(t, "", "tenant,a").insert("1", "x").insert("1", "x"));
        apply(Changes.of(t, "", "tenant,a")
                .deleteKeyless("1", "x")
                .deleteKeyless("1", "y")
                .deleteKeyless("2", "x"));
        assertThat(rows(t)).containsExactly(List.of("1", "x"));
        assertThat(writer.metrics().divergences()).isEqualTo(2);
    }

    @Test
    void missingRowsOfABatchThatFails_areNotCounted() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        openWriter(DivergencePolicy.COUNT, false);
        apply(changes(t).insert("1", "1", "a"));
        assertThatThrownBy(() -> apply(changes(t).delete("9", "9").insert("1", "1", "again")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP009");
        assertThat(writer.metrics().divergences()).isZero();
    }

    @Test
    void missingRows_areNamedOnlyIfAsked() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        apply(changes(t).insert("1", "1", "a").insert("1", "2", "a").insert("2", "3", "a"));
        Changes deletes = changes(t).delete("1", "1").delete("1", "4711").delete("2", "4712");
        Changes updates = changes(t).update("1", "1", "b").update("1", "4711", "b");
        Changes moves = changes(t).rekey(values("1", "4711"), "8", "1", "b").rekey(values("1", "2"), "8", "2", "b");
        for (Changes change : List.of(deletes, updates, moves)) {
            assertThatThrownBy(() -> apply(change))
                    .isInstanceOf(HaltException.class)
                    .hasMessageContaining(t + " by tenant, id")
                    .hasMessageContaining("[02000]")
                    .hasMessageNotContaining("4711");
        }
        openWriter(DivergencePolicy.HALT, true);
        assertThatThrownBy(() -> apply(deletes))
                .hasMessageContaining("was for 3 rows, but hit 1 (not found: ")
                .hasMessageContaining("(1, 4711)")
                .hasMessageContaining("(2, 4712)");
        assertThatThrownBy(() -> apply(updates)).hasMessageContaining("(not found: (1, 4711))");
        assertThatThrownBy(() -> apply(moves)).hasMessageContaining("(not found: (1, 4711))");
        assertThat(rows(t)).hasSize(3);
    }

    @Test
    void violatedKey_namesItsColumns_andItsValuesOnlyIfAsked() throws Exception {
        String t = table(TableKind.REFERENCE, "tenant int, id int, a text UNIQUE, PRIMARY KEY (tenant, id)");
        apply(changes(t).insert("1", "1", "secret").insert("1", "2", "b"));
        assertThatThrownBy(() -> apply(changes(t).update("1", "2", "secret")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP009: the target refused a change of table public." + t)
                .hasMessageContaining("(key columns a)")
                .hasMessageNotContaining("secret");
        openWriter(DivergencePolicy.HALT, true);
        assertThatThrownBy(() -> apply(changes(t).update("1", "2", "secret")))
                .hasMessageContaining("Key (a)=(secret) already exists");
    }

    @ParameterizedTest
    @EnumSource(DivergencePolicy.class)
    void keyThatTheTargetHasTwice_halts_alsoWhenAnotherIsMissing(DivergencePolicy policy) throws Exception {
        // By number of hits nothing would be wrong: two rows for one key, none for the other.
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, a text");
        target.execute("INSERT INTO %s VALUES (1, 1, 'x'), (1, 1, 'y'), (1, 3, 'z')".formatted(t));
        openWriter(policy, false);
        for (Changes change : List.of(
                changes(t).update("1", "1", "b").update("1", "2", "b"),
                changes(t).delete("1", "1").delete("1", "2"),
                changes(t).update("1", "1", "b"),
                changes(t).delete("1", "1"),
                changes(t).rekey(values("1", "1"), "9", "1", "b"))) {
            assertThatThrownBy(() -> apply(change))
                    .isInstanceOf(HaltException.class)
                    .hasMessageStartingWith("AP016: ")
                    .hasMessageContaining("[21000]");
        }
        apply(changes(t).delete("1", "3"));
        assertThat(rows(t)).hasSize(2);
    }

    @Test
    void keyWithoutTheDistributionColumn_thatSeveralTenantsHave_halts() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        apply(changes(t).insert("1", "1", "a").insert("2", "1", "a").insert("2", "2", "a"));
        assertThatThrownBy(() ->
                        apply(Changes.of(t, "id", "tenant,id,a").delete("1").delete("3")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP016: a delete from public.%s by id was for one row".formatted(t));
        apply(Changes.of(t, "id", "tenant,id,a").delete("2"));
        assertThat(rows(t)).hasSize(2);
    }
}
