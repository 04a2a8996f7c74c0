package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.apply.Changes.values;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.failure.HaltException;

/** Values that are unique before and after a batch, but not between two of its rows. */
abstract class UniqueConstraintScenarios extends ApplyScenarios {

    private static final String USERS =
            "tenant int, id int, email text, note text, PRIMARY KEY (tenant, id), UNIQUE (tenant, email)";

    @Test
    void swappedUniqueValues_endAsOnTheSource() throws Exception {
        for (TableKind kind : List.of(TableKind.DISTRIBUTED, TableKind.REFERENCE, TableKind.SINGLE_SHARD)) {
            String t = table(kind, USERS);
            apply(Changes.of(t, "tenant,id", "tenant,id,email,note")
                    .insert("1", "1", "a", "n1")
                    .insert("1", "2", "b", "n2")
                    .insert("1", "3", "c", "n3"));
            apply(Changes.of(t, "tenant,id", "tenant,id,email,note")
                    .update("1", "1", "b", Row.UNAVAILABLE)
                    .update("1", "2", "a", Row.UNAVAILABLE)
                    .update("1", "3", "c", "changed"));
            assertThat(rows(t))
                    .containsExactly(
                            List.of("1", "1", "b", "n1"),
                            List.of("1", "2", "a", "n2"),
                            List.of("1", "3", "c", "changed"));
        }
    }

    @Test
    void uniqueValuesThatMoveAlong_withDeletesAndInserts_endAsOnTheSource() throws Exception {
        String t = table(TableKind.DISTRIBUTED, USERS);
        apply(Changes.of(t, "tenant,id", "tenant,id,email,note")
                .insert("1", "1", "a", "n1")
                .insert("1", "2", "b", "n2")
                .insert("1", "3", "c", "n3"));
        // b goes from the deleted row to 1, a from 1 to the new row, and 3 gives c to another new row.
        apply(Changes.of(t, "tenant,id", "tenant,id,email,note")
                .delete("1", "2")
                .update("1", "1", "b", Row.UNAVAILABLE)
                .update("1", "3", "d", Row.UNAVAILABLE)
                .insert("1", "4", "a", "n4")
                .insert("1", "5", "c", "n5"));
        assertThat(rows(t))
                .containsExactly(
                        List.of("1", "1", "b", "n1"),
                        List.of("1", "3", "d", "n3"),
                        List.of("1", "4", "a", "n4"),
                        List.of("1", "5", "c", "n5"));
    }

    @Test
    void positionsMovedDown_collideRowByRow_endAsOnTheSource() throws Exception {
        String t = table(
                TableKind.DISTRIBUTED,
                "tenant int, id int, place int, note text, PRIMARY KEY (tenant, id), UNIQUE (tenant, place)");
        Changes inserts = Changes.of(t, "tenant,id", "tenant,id,place,note");
        Changes updates = Changes.of(t, "tenant,id", "tenant,id,place,note");
        for (int i = 1; i <= 50; i++) {
            inserts.insert("1", "" + i, "" + i, "note");
            updates.update("1", "" + i, "" + (i + 1), Row.UNAVAILABLE);
        }
        apply(inserts);
        apply(updates);
        assertThat(target.value("SELECT count(*) FROM %s WHERE place = id + 1 AND note = 'note'".formatted(t)))
                .isEqualTo("50");
    }

    @Test
    void uniqueIndexWithExpressionAndCondition_swapped_endsAsOnTheSource() throws Exception {
        String t =
                table(TableKind.DISTRIBUTED, "tenant int, id int, email text, active bool, PRIMARY KEY (tenant, id)");
        target.execute("CREATE UNIQUE INDEX ON %s (tenant, lower(email)) WHERE active".formatted(t));
        apply(Changes.of(t, "tenant,id", "tenant,id,email,active")
                .insert("1", "1", "A", "t")
                .insert("1", "2", "a", "f"));
        apply(Changes.of(t, "tenant,id", "tenant,id,email,active")
                .update("1", "2", "a", "t")
                .update("1", "1", "A", "f"));
        assertThat(rows(t)).containsExactly(List.of("1", "1", "A", "f"), List.of("1", "2", "a", "t"));
    }

    @Test
    void exclusionConstraint_swapped_endsAsOnTheSource() throws Exception {
        String t = table(
                TableKind.DISTRIBUTED,
                "tenant int, id int, during int4range, PRIMARY KEY (tenant, id),"
                        + " EXCLUDE USING btree (tenant WITH =, during WITH =)");
        apply(Changes.of(t, "tenant,id", "tenant,id,during")
                .insert("1", "1", "[1,5)")
                .insert("1", "2", "[5,9)"));
        apply(Changes.of(t, "tenant,id", "tenant,id,during")
                .update("1", "1", "[5,9)")
                .update("1", "2", "[1,5)"));
        assertThat(rows(t)).containsExactly(List.of("1", "1", "[5,9)"), List.of("1", "2", "[1,5)"));
    }

    @Test
    void keysThatPassOn_acrossTenants_endAsOnTheSource() throws Exception {
        String t = table(TableKind.DISTRIBUTED, USERS);
        Changes inserts = Changes.of(t, "tenant,id", "tenant,id,email,note");
        Changes moves = Changes.of(t, "tenant,id", "tenant,id,email,note");
        for (int i = 1; i <= 40; i++) {
            inserts.insert("" + i, "1", "e" + i, "n" + i);
            moves.rekey(values("" + i, "1"), "" + (i % 40 + 1), "1", "e" + i, Row.UNAVAILABLE);
        }
        apply(inserts);
        apply(moves);
        assertThat(target.value(
                        "SELECT count(*) FROM %s WHERE tenant = substr(note, 2)::int %% 40 + 1 AND email = 'e' ||"
                                        .formatted(t)
                                + " substr(note, 2)"))
                .isEqualTo("40");
    }

    @Test
    void rowThatIsThereAlready_haltsAndAppliesNothing() throws Exception {
        for (TableKind kind : TableKind.values()) {
            String t = table(kind, "tenant int, id int, PRIMARY KEY (tenant, id)");
            apply(Changes.of(t, "tenant,id", "tenant,id").insert("1", "1"));
            // Citus reports it as XX000, which could be anything; it must not be taken for something that may pass.
            assertThatThrownBy(() -> apply(Changes.of(t, "tenant,id", "tenant,id")
                            .insert("2", "2")
                            .insert("1", "1")))
                    .isInstanceOf(HaltException.class)
                    .hasMessageStartingWith("AP009: the target refused a change of table public." + t)
                    .hasMessageContaining("duplicate key value violates unique constraint")
                    .hasMessageNotContaining("(1, 1)");
            assertThat(rows(t)).containsExactly(List.of("1", "1"));
            assertThat(writer.metrics().retries()).isZero();
        }
    }
}
