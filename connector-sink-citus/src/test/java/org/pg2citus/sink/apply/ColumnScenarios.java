package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.apply.Changes.values;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/** Columns and tables that are not quite as on the source. */
abstract class ColumnScenarios extends ApplyScenarios {

    @Test
    void generatedColumns_areComputedByTheTarget() throws Exception {
        for (TableKind kind : TableKind.values()) {
            String t = table(
                    kind,
                    "tenant int, id int, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, PRIMARY KEY (tenant, id)");
            // A source may send them or not.
            apply(Changes.of(t, "tenant,id", "tenant,id,a,twice").insert("1", "1", "1", "77"));
            apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "2", "2"));
            apply(Changes.of(t, "tenant,id", "tenant,id,a,twice").update("1", "1", "5", "77"));
            apply(Changes.of(t, "tenant,id", "tenant,id,a,twice").rekey(values("1", "2"), "3", "2", "6", "77"));
            assertThat(rows(t)).containsExactly(List.of("1", "1", "5", "10"), List.of("3", "2", "6", "12"));
        }
    }

    @Test
    void alwaysIdentity_keepsTheSourcesValues() throws Exception {
        for (TableKind kind : TableKind.values()) {
            String t = table(
                    kind,
                    "tenant bigint, id bigint GENERATED ALWAYS AS IDENTITY, a text, toast text, PRIMARY KEY (tenant, id)");
            Changes rows = Changes.of(t, "tenant,id", "tenant,id,a,toast");
            apply(rows.insert("1", "7", "a", "t7").insert("1", "8", "b", "t8"));
            apply(Changes.of(t, "tenant,id", "tenant,id,a,toast")
                    .update("1", "7", "x", Row.UNAVAILABLE)
                    .rekey(values("1", "8"), "1", "9", "y", Row.UNAVAILABLE));
            assertThat(rows(t)).containsExactly(List.of("1", "7", "x", "t7"), List.of("1", "9", "y", "t8"));
        }
    }

    @Test
    void alwaysIdentityOutsideOfTheKey_changed_getsTheSourcesValue() throws Exception {
        for (TableKind kind : TableKind.values()) {
            String t = table(
                    kind,
                    "tenant bigint, id bigint, n bigint GENERATED ALWAYS AS IDENTITY, a text, PRIMARY KEY (tenant, id)");
            apply(Changes.of(t, "tenant,id", "tenant,id,n,a")
                    .insert("1", "1", "10", "a")
                    .insert("1", "2", "20", "b"));
            apply(Changes.of(t, "tenant,id", "tenant,id,n,a")
                    .update("1", "1", "10", "x")
                    .update("1", "2", "21", Row.UNAVAILABLE));
            assertThat(rows(t)).containsExactly(List.of("1", "1", "10", "x"), List.of("1", "2", "21", "b"));
        }
    }

    @Test
    void columnsThatOnlyTheTargetHas_getDefaultsAndAreKept() throws Exception {
        for (TableKind kind : TableKind.values()) {
            String t = table(kind, "tenant int, id int, a text, extra text DEFAULT 'd', PRIMARY KEY (tenant, id)");
            apply(Changes.of(t, "tenant,id", "tenant,id,a")
                    .insert("1", "1", "a")
                    .insert("1", "2", "b"));
            target.execute("UPDATE %s SET extra = 'own'".formatted(t));
            apply(Changes.of(t, "tenant,id", "tenant,id,a")
                    .update("1", "1", "x")
                    .rekey(values("1", "2"), "2", "2", "y")
                    .insert("1", "3", "z"));
            assertThat(rows(t))
                    .containsExactly(
                            List.of("1", "1", "x", "own"), List.of("1", "3", "z", "d"), List.of("2", "2", "y", "own"));
        }
    }

    @Test
    void explicitNull_isNotReplacedByTheDefault() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, a text DEFAULT 'd', PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "1", null));
        assertThat(target.value("SELECT a IS NULL FROM " + t)).isEqualTo("t");
    }

    @Test
    void unknownColumn_halts_untilTheTargetHasIt() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id").insert("1", "1"));
        Changes newer = Changes.of(t, "tenant,id", "tenant,id,added").insert("1", "2", "x");
        assertThatThrownBy(() -> apply(newer))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP002: table public.%s has no column added".formatted(t));
        assertThat(rows(t)).hasSize(1);
        target.execute("ALTER TABLE %s ADD COLUMN added text".formatted(t));
        apply(newer);
        assertThat(target.value("SELECT added FROM %s WHERE id = 2".formatted(t)))
                .isEqualTo("x");
    }

    @Test
    void columnAddedWhileTheSessionIsOpen_isFound() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, a text, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "1", "a"));
        target.execute("ALTER TABLE %s ADD COLUMN added text".formatted(t));
        // Rows of both versions may be in one batch.
        apply(
                Changes.of(t, "tenant,id", "tenant,id,a").update("1", "1", "b"),
                Changes.of(t, "tenant,id", "tenant,id,a,added").insert("1", "2", "c", "x"));
        assertThat(rows(t)).containsExactly(Arrays.asList("1", "1", "b", null), List.of("1", "2", "c", "x"));
        assertThat(writer.metrics().retries()).isZero();
    }

    @Test
    void columnThatTheSourceDropped_haltsAlsoInANewTask_untilTheTargetHasItNoMore() throws Exception {
        for (TableKind kind : TableKind.values()) {
            String t = table(kind, "tenant int, id int, a text, own text DEFAULT 'd', PRIMARY KEY (tenant, id)");
            apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "1", "a"));
            Changes newer = Changes.of(t, "tenant,id", "tenant,id").insert("1", "2");
            for (int task = 1; task <= 2; task++) {
                assertThatThrownBy(() -> apply(newer))
                        .isInstanceOf(HaltException.class)
                        .hasMessageStartingWith(
                                "AP020: the source sends column a of table public.%s no more".formatted(t));
                closeWriter();
                writer = TargetWriter.open(target.settings(), writersPipeline, "topic", 0);
            }
            // A delete says nothing about columns.
            apply(Changes.of(t, "tenant,id", "tenant,id").delete("1", "1"));
            target.execute("ALTER TABLE %s DROP COLUMN a".formatted(t));
            apply(newer);
            assertThat(rows(t)).containsExactly(List.of("1", "2", "d"));
        }
    }

    @Test
    void columnThatTheSourceRenamed_haltsAndSaysBothNames() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, a text, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "1", "a"));
        Changes newer = Changes.of(t, "tenant,id", "tenant,id,z").insert("1", "2", "b");
        assertThatThrownBy(() -> apply(newer))
                .isInstanceOf(HaltException.class)
                .hasMessageContaining("and sends z, which the target has not");
        target.execute("ALTER TABLE %s RENAME a TO z".formatted(t));
        apply(newer);
        assertThat(rows(t)).containsExactly(List.of("1", "1", "a"), List.of("1", "2", "b"));
    }

    @Test
    void tableChangedWhileTheSinkWasHeld_isReadAgain() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "gone text, tenant int, id int, n int, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,n").insert("1", "1", "1"));
        target.execute(
                "UPDATE pg2citus.progress SET hold_at_lsn = 'F/0' WHERE pipeline = '%s'".formatted(writersPipeline));
        apply();
        target.execute(
                "ALTER TABLE %s DROP COLUMN gone".formatted(t),
                "ALTER TABLE %s ALTER COLUMN n TYPE bigint".formatted(t),
                "UPDATE pg2citus.progress SET hold_at_lsn = NULL WHERE pipeline = '%s'".formatted(writersPipeline));
        apply();
        apply(Changes.of(t, "tenant,id", "tenant,id,n").update("1", "1", "5000000000"));
        assertThat(rows(t)).containsExactly(List.of("1", "1", "5000000000"));
    }

    @Test
    void unknownTable_halts() {
        assertThatThrownBy(() -> apply(Changes.of("nowhere", "id", "id").insert("1")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP001: the source changed table public.nowhere");
    }

    @Test
    void oddNames_areQuoted() throws Exception {
        for (TableKind kind : List.of(TableKind.DISTRIBUTED, TableKind.REFERENCE, TableKind.PLAIN)) {
            String schema = TestTarget.unique("Odd \"schema? ");
            String name = "Ta'b\"le {d}?;--";
            String quoted = new TableId(schema, name).toSql();
            target.execute(
                    "CREATE SCHEMA " + TableId.quote(schema),
                    "CREATE TABLE %s (tenant int, \"I?d\" int, \"a \"\"b\" text, \"select\" text[], PRIMARY KEY (tenant, \"I?d\"))"
                            .formatted(quoted));
            target.distribute(quoted.replace("'", "''"), kind, null);
            TableId id = new TableId(schema, name);
            List<String> key = List.of("tenant", "I?d");
            List<String> columns = List.of("tenant", "I?d", "a \"b", "select");
            apply(Changes.of(id, key, columns).insert("1", "1", "a", "{a}").insert("1", "2", "b", "{b}"));
            apply(Changes.of(id, key, columns).update("1", "1", "x", "{x}").delete("1", "2"));
            apply(Changes.of(id, key, columns).rekey(values("1", "1"), "2", "1", "y", Row.UNAVAILABLE));
            apply(Changes.of(id, List.of(), columns).deleteKeyless("2", "1", "y", "{x}"));
            apply(Changes.of(id, key, columns).truncate().insert("4", "4", null, null));
            assertThat(target.value("SELECT count(*) FROM " + quoted)).isEqualTo("1");
        }
    }

    @Test
    void partitionedTable_takesChangesAcrossPartitions() throws Exception {
        for (TableKind kind : List.of(TableKind.DISTRIBUTED, TableKind.REFERENCE, TableKind.PLAIN)) {
            if (kind == TableKind.REFERENCE && target.on() == TestTarget.On.CITUS) {
                continue; // Citus has no partitioned reference tables.
            }
            String t = TestTarget.unique("t");
            target.execute(
                    "CREATE TABLE %s (tenant int, id int, day date, a text) PARTITION BY RANGE (day)".formatted(t),
                    "CREATE TABLE %s_1 PARTITION OF %s FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"
                            .formatted(t, t),
                    "CREATE TABLE %s_2 PARTITION OF %s FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')"
                            .formatted(t, t));
            target.distribute(t, kind, null);
            Changes inserts = Changes.of(t, "tenant,id,day", "tenant,id,day,a");
            apply(inserts.insert("1", "1", "2024-01-05", "a").insert("1", "2", "2024-02-05", "b"));
            apply(Changes.of(t, "tenant,id,day", "tenant,id,day,a")
                    .rekey(values("1", "1", "2024-01-05"), "1", "1", "2024-02-06", Row.UNAVAILABLE)
                    .update("1", "2", "2024-02-05", "x"));
            assertThat(rows(t + "_2"))
                    .containsExactly(List.of("1", "1", "2024-02-06", "a"), List.of("1", "2", "2024-02-05", "x"));
            // The source may publish changes of partitions instead of the whole.
            apply(Changes.of(t + "_1", "tenant,id,day", "tenant,id,day,a").insert("1", "3", "2024-01-07", "c"));
            // Without a key: the same place in two partitions must not be taken for one row.
            apply(Changes.of(t, "", "tenant,id,day,a")
                    .deleteKeyless("1", "3", "2024-01-07", "c")
                    .deleteKeyless("1", "2", "2024-02-05", "x"));
            assertThat(rows(t)).containsExactly(List.of("1", "1", "2024-02-06", "a"));
            apply(Changes.of(t + "_2", "tenant,id,day", "tenant,id,day,a").truncate());
            assertThat(rows(t)).isEmpty();
        }
    }

    @Test
    void tableThatOthersInheritFrom_leavesThemAlone() throws Exception {
        String t = table(TableKind.PLAIN, "tenant int, id int, a text");
        target.execute("CREATE TABLE %s_child () INHERITS (%s)".formatted(t, t));
        target.execute("INSERT INTO %s_child VALUES (1, 1, 'child')".formatted(t));
        apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "1", "a"));
        apply(Changes.of(t, "tenant,id", "tenant,id,a").update("1", "1", "b"));
        assertThat(rows(t + "_child")).containsExactly(List.of("1", "1", "child"));
        apply(Changes.of(t, "tenant,id", "tenant,id,a").truncate());
        assertThat(rows(t)).containsExactly(List.of("1", "1", "child"));
    }

    @Test
    void updateThatWritesNothing_stillNeedsTheRow() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id").insert("1", "1"));
        apply(Changes.of(t, "tenant,id", "tenant,id").update("1", "1"));
        assertThatThrownBy(() -> apply(Changes.of(t, "tenant,id", "tenant,id").update("1", "2")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP003");
    }

    @Test
    void valueTooLongForTheTarget_haltsWithoutTellingIt() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, a varchar(3), PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "1", "abc"));
        for (Changes change : List.of(
                Changes.of(t, "tenant,id", "tenant,id,a").update("1", "1", "secret"),
                Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "2", "secret"),
                Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "secret", "a"))) {
            assertThatThrownBy(() -> apply(change))
                    .isInstanceOf(HaltException.class)
                    .hasMessageStartingWith("AP009: the target refused a change of table public." + t)
                    .satisfies(error -> {
                        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                            assertThat(cause.getMessage()).doesNotContain("secret");
                        }
                    });
        }
        assertThat(rows(t)).containsExactly(List.of("1", "1", "abc"));
    }

    @Test
    void manyRows_areCutIntoStatements() throws Exception {
        String t = table(TableKind.REFERENCE, "tenant int, id int, a text, tags text[], PRIMARY KEY (tenant, id)");
        String wide = "w".repeat(2_000);
        Changes inserts = Changes.of(t, "tenant,id", "tenant,id,a,tags");
        Changes updates = Changes.of(t, "tenant,id", "tenant,id,a,tags");
        Changes deletes = Changes.of(t, "tenant,id", "tenant,id,a,tags");
        for (int i = 0; i < 12_000; i++) {
            inserts.insert("1", "" + i, wide, "{}");
            if (i < 2_500) {
                updates.update("1", "" + i, "changed", "{a,b}");
            } else if (i < 9_000) {
                updates.update("1", "" + i, "changed", Row.UNAVAILABLE);
            }
            if (i % 2 == 0) {
                deletes.delete("1", "" + i);
            }
        }
        apply(inserts);
        apply(updates);
        assertThat(target.rows(("SELECT count(*) FILTER (WHERE a = 'changed'), count(*) FILTER (WHERE tags = '{a,b}'),"
                                + " count(*) FROM %s")
                        .formatted(t)))
                .containsExactly(List.of("9000", "2500", "12000"));
        apply(deletes);
        assertThat(target.value("SELECT count(*) FROM " + t)).isEqualTo("6000");
    }

    @Test
    void everyKindInOneTransaction_isApplied() throws Exception {
        String definition = "tenant int, id int, a text, PRIMARY KEY (tenant, id)";
        List<String> tables = new ArrayList<>();
        for (TableKind kind : TableKind.values()) {
            tables.add(table(kind, definition));
        }
        apply(tables.stream()
                .map(t -> Changes.of(t, "tenant,id", "tenant,id,a")
                        .insert("1", "1", "a")
                        .insert("2", "1", "b"))
                .toArray(Changes[]::new));
        apply(tables.stream()
                .map(t -> Changes.of(t, "tenant,id", "tenant,id,a")
                        .update("1", "1", "x")
                        .delete("2", "1"))
                .toArray(Changes[]::new));
        for (String t : tables) {
            assertThat(rows(t)).containsExactly(List.of("1", "1", "x"));
        }
        apply(tables.stream()
                .map(t -> Changes.of(t, "tenant,id", "tenant,id,a").truncate().insert("3", "3", "t"))
                .toArray(Changes[]::new));
        for (String t : tables) {
            assertThat(rows(t)).containsExactly(List.of("3", "3", "t"));
        }
        assertThat(writer.progress().appliedLsn()).isEqualTo(new Lsn(position()));
    }

    @Test
    void tableOfADistributedSchema_takesEveryChange() throws Exception {
        String schema = TestTarget.unique("tenant");
        if (target.on() == TestTarget.On.CITUS) {
            target.execute("SET citus.enable_schema_based_sharding = on");
        }
        target.execute(
                "CREATE SCHEMA " + schema,
                "CREATE TABLE %s.t (id int PRIMARY KEY, a text, tags text[])".formatted(schema));
        if (target.on() == TestTarget.On.CITUS) {
            target.execute("RESET citus.enable_schema_based_sharding");
        }
        TableId id = new TableId(schema, "t");
        List<String> columns = List.of("id", "a", "tags");
        apply(Changes.of(id, List.of("id"), columns)
                .insert("1", "a", "{a}")
                .insert("2", "b", "{b}")
                .insert("3", "c", null));
        apply(Changes.of(id, List.of("id"), columns)
                .update("1", "x", "{x,y}")
                .rekey(values("2"), "3", Row.UNAVAILABLE, "{n}")
                .rekey(values("3"), "2", "z", Row.UNAVAILABLE));
        assertThat(rows(schema + ".t"))
                .containsExactly(List.of("1", "x", "{x,y}"), Arrays.asList("2", "z", null), List.of("3", "b", "{n}"));
        apply(Changes.of(id, List.of("id"), columns).delete("2").delete("3"));
        apply(Changes.of(id, List.of("id"), columns).truncate());
        assertThat(rows(schema + ".t")).isEmpty();
    }

    @Test
    void rowThatSomebodyLocks_isWaitedForAndAppliedOnce() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, a text, PRIMARY KEY (tenant, id)");
        apply(Changes.of(t, "tenant,id", "tenant,id,a").insert("1", "1", "a"));
        target.execute("BEGIN", "SELECT * FROM %s WHERE tenant = 1 AND id = 1 FOR UPDATE".formatted(t));
        TargetSettings patient = target.settings();
        TargetSettings impatient = new TargetSettings(
                patient.url(),
                patient.user(),
                patient.password(),
                patient.synchronousCommit(),
                Duration.ofMillis(300),
                patient.statementTimeout(),
                50,
                patient.firstBackoff(),
                patient.maxBackoff(),
                patient.inDoubtTimeout(),
                true);
        writer.close();
        writer = TargetWriter.open(impatient, TestTarget.unique("pipeline"), "topic", 0);
        var applied = CompletableFuture.runAsync(() -> apply(
                Changes.of(t, "tenant,id", "tenant,id,a").update("1", "1", "b").insert("1", "2", "c")));
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (writer.metrics().retries() < 2) {
            // The lock is held on a Citus worker: it must know the limit, too.
            assertThat(System.nanoTime()).as("the wait is given up").isLessThan(deadline);
            Thread.sleep(20);
        }
        target.execute("COMMIT");
        applied.get(30, TimeUnit.SECONDS);
        assertThat(rows(t)).containsExactly(List.of("1", "1", "b"), List.of("1", "2", "c"));
    }
}
