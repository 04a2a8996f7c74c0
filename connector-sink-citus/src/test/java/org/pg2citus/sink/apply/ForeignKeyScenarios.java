package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.apply.Changes.values;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.failure.HaltException;

/** Foreign keys of the target: off under the replica role, obeyed by the order of statements without it. */
abstract class ForeignKeyScenarios extends ApplyScenarios {

    private String countries;
    private String orders;
    private String items;

    @BeforeEach
    void createTables() throws Exception {
        countries = TestTarget.unique("countries");
        orders = TestTarget.unique("orders");
        items = TestTarget.unique("items");
        target.execute(
                "CREATE TABLE %s (code text PRIMARY KEY)".formatted(countries),
                ("CREATE TABLE %s (tenant int, id int, country text, replaces int, note text,"
                                + " PRIMARY KEY (tenant, id))")
                        .formatted(orders),
                "CREATE TABLE %s (tenant int, id int, order_id int, PRIMARY KEY (tenant, id))".formatted(items));
        target.distribute(countries, TableKind.REFERENCE, null);
        target.distribute(orders, TableKind.DISTRIBUTED, null);
        target.distribute(items, TableKind.DISTRIBUTED, orders);
        target.execute(
                "ALTER TABLE %s ADD FOREIGN KEY (country) REFERENCES %s".formatted(orders, countries),
                "ALTER TABLE %s ADD FOREIGN KEY (tenant, replaces) REFERENCES %s".formatted(orders, orders));
    }

    /** @param options for example {@code ON DELETE CASCADE} */
    private void reference(String options) throws Exception {
        target.execute(
                "ALTER TABLE %s ADD FOREIGN KEY (tenant, order_id) REFERENCES %s %s".formatted(items, orders, options));
    }

    private Changes countries() {
        return Changes.of(countries, "code", "code");
    }

    private Changes orders() {
        return Changes.of(orders, "tenant,id", "tenant,id,country,replaces,note");
    }

    private Changes items() {
        return Changes.of(items, "tenant,id", "tenant,id,order_id");
    }

    private void openWriter(boolean replicaRole) {
        writer.close();
        writer = TargetWriter.open(target.settings("postgres", replicaRole), TestTarget.unique("pipeline"), "topic", 0);
    }

    private void insertSome() {
        apply(
                items().insert("1", "1", "1").insert("1", "2", "1").insert("2", "3", "2"),
                orders().insert("1", "1", "DE", "2", "n")
                        .insert("1", "2", "FR", null, "n")
                        .insert("2", "2", "DE", null, "n"),
                countries().insert("DE").insert("FR"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void childrenBeforeParents_areInserted(boolean replicaRole) throws Exception {
        reference("");
        openWriter(replicaRole);
        insertSome();
        assertThat(target.value("SELECT count(*) FROM " + items)).isEqualTo("3");
        assertThat(rows(orders)).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void parentsDeletedWithTheirChildren_areDeleted(boolean replicaRole) throws Exception {
        for (String options : List.of("", "ON DELETE CASCADE", "DEFERRABLE INITIALLY DEFERRED")) {
            createTables();
            reference(options);
            openWriter(replicaRole);
            insertSome();
            apply(
                    countries().delete("DE").delete("FR"),
                    orders().delete("1", "2").delete("1", "1").delete("2", "2"),
                    items().delete("1", "1").delete("1", "2").delete("2", "3"));
            assertThat(rows(items)).isEmpty();
            assertThat(rows(orders)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void childGivenToANewParent_whoseOldOneIsDeleted_stays(boolean replicaRole) throws Exception {
        reference("ON DELETE CASCADE");
        openWriter(replicaRole);
        insertSome();
        apply(
                orders().delete("1", "1").insert("1", "7", "FR", null, "new"),
                items().update("1", "1", "7").update("1", "2", "2"));
        assertThat(rows(items)).containsExactly(List.of("1", "1", "7"), List.of("1", "2", "2"), List.of("2", "3", "2"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void parentDeletedAndInsertedAgain_withItsChildren_isThere(boolean replicaRole) throws Exception {
        reference("ON DELETE CASCADE");
        openWriter(replicaRole);
        insertSome();
        apply(
                orders().delete("2", "2").insert("2", "2", "FR", null, "again"),
                items().delete("2", "3").insert("2", "3", "2"));
        assertThat(target.rows("SELECT note FROM %s WHERE tenant = 2".formatted(orders)))
                .containsExactly(List.of("again"));
        assertThat(rows(items)).contains(List.of("2", "3", "2"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void truncatedTables_thatReferenceEachOther_areEmptied(boolean replicaRole) throws Exception {
        reference("");
        openWriter(replicaRole);
        insertSome();
        apply(
                countries().truncate().insert("IT"),
                orders().truncate().insert("1", "9", "IT", null, "n"),
                items().truncate());
        assertThat(rows(items)).isEmpty();
        assertThat(rows(orders)).containsExactly(Arrays.asList("1", "9", "IT", null, "n"));
    }

    @Test
    void cascadeOfTheTarget_doesNotFireUnderTheReplicaRole() throws Exception {
        reference("ON DELETE CASCADE");
        insertSome();
        // The source deleted the parent only, because there the child had another one by then; the target is told the
        // same: nothing else may vanish.
        apply(orders().delete("2", "2"));
        assertThat(rows(items)).contains(List.of("2", "3", "2"));
    }

    @Test
    void keyOfAParent_isUpdatedInPlace_withItsChildren() throws Exception {
        for (boolean replicaRole : new boolean[] {true, false}) {
            createTables();
            reference("DEFERRABLE INITIALLY DEFERRED");
            openWriter(replicaRole);
            insertSome();
            apply(
                    orders().rekey(values("2", "2"), "2", "5", "DE", null, Row.UNAVAILABLE),
                    items().update("2", "3", "5"));
            assertThat(rows(orders)).contains(Arrays.asList("2", "5", "DE", null, "n"));
            assertThat(rows(items)).contains(List.of("2", "3", "5"));
        }
    }

    @Test
    void relocationThatWouldCascade_halts() throws Exception {
        reference("ON DELETE CASCADE");
        openWriter(false);
        insertSome();
        assertThatThrownBy(() -> apply(orders().rekey(values("1", "1"), "1", "2", "DE", null, Row.UNAVAILABLE)
                        .rekey(values("1", "2"), "1", "1", "FR", null, Row.UNAVAILABLE)))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP010")
                .hasMessageContaining("session_replication_role");
        assertThat(rows(items)).hasSize(3);
    }

    @Test
    void deferredConstraintBrokenAtTheCommit_halts() throws Exception {
        reference("DEFERRABLE INITIALLY DEFERRED");
        openWriter(false);
        assertThatThrownBy(() -> apply(items().insert("1", "1", "404")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP009: the target refused a change of the batch, at its commit")
                .hasMessageContaining("violates foreign key constraint");
        assertThat(rows(items)).isEmpty();
    }

    @Test
    void noOrderSatisfiesEveryConstraint_haltsNamingTheGrant() throws Exception {
        reference("");
        target.execute("ALTER TABLE %s ADD UNIQUE (tenant, note)".formatted(orders));
        openWriter(false);
        apply(orders().insert("1", "1", null, null, "n"), items().insert("1", "1", "1"));
        // The new parent has the unique value of the old one, which its child leaves in the same batch.
        Changes parents = orders().delete("1", "1").insert("1", "2", null, null, "n");
        Changes children = items().update("1", "1", "2");
        assertThatThrownBy(() -> apply(parents, children))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP012")
                .hasMessageContaining("GRANT SET ON PARAMETER session_replication_role");
        openWriter(true);
        apply(parents, children);
        assertThat(rows(items)).containsExactly(List.of("1", "1", "2"));
    }

    @Test
    void roleThatMayNotSetTheReplicaRole_appliesInTheOrderOfTheKeys() throws Exception {
        reference("");
        String role = TestTarget.unique("applier");
        target.execute(
                "CREATE ROLE %s LOGIN".formatted(role),
                "GRANT USAGE ON SCHEMA pg2citus TO " + role,
                "GRANT SELECT, INSERT, UPDATE ON pg2citus.progress, pg2citus.copied_table, pg2citus.copied_chunk,"
                        + " pg2citus.sent_columns TO "
                        + role);
        for (String table : List.of(countries, orders, items)) {
            target.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s".formatted(table, role));
        }
        writer.close();
        try {
            writer = TargetWriter.open(target.settings(role, true), TestTarget.unique("pipeline"), "topic", 0);
            insertSome();
            assertThat(rows(items)).hasSize(3);
            apply(orders().delete("2", "2"), items().delete("2", "3"));
            assertThat(rows(items)).hasSize(2);
        } finally {
            writer.close();
            target.execute("DROP OWNED BY " + role, "DROP ROLE " + role);
        }
    }
}
