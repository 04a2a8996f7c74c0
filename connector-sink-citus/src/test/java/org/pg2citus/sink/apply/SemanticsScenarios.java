package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pg2citus.sink.apply.Changes.values;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;

/** What ends in the target as on the source: triggers, names, columns, partitions, wide tables, large values. */
abstract class SemanticsScenarios extends ApplyScenarios {

    private static final String DEFINITION = "tenant int, id int, a text, PRIMARY KEY (tenant, id)";

    private boolean onCitus() {
        return target.on() == TestTarget.On.CITUS;
    }

    @ParameterizedTest
    @EnumSource(TableKind.class)
    void triggersOfTheTarget_areSilent(TableKind kind) throws Exception {
        String t = table(kind, DEFINITION);
        String function = t + "_changes";
        target.execute(
                "CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a = 'by trigger'; RETURN NEW; END $$"
                        .formatted(function),
                "CREATE FUNCTION %s_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'trigger ran'; END $$"
                        .formatted(t));
        if (onCitus()) {
            target.execute("SET citus.enable_unsafe_triggers = on");
        }
        target.execute(
                "CREATE TRIGGER changes BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION %s()"
                        .formatted(t, function),
                "CREATE TRIGGER refuses AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %s_refuses()"
                        .formatted(t, t));
        Changes inserts = Changes.of(t, "tenant,id", "tenant,id,a");
        apply(inserts.insert("1", "1", "a").insert("1", "2", "a").insert("1", "3", "a"));
        apply(Changes.of(t, "tenant,id", "tenant,id,a")
                .update("1", "1", "b")
                .update("1", "3", "b")
                .delete("1", "2"));
        assertThat(rows(t)).containsExactly(List.of("1", "1", "b"), List.of("1", "3", "b"));
    }

    @ParameterizedTest
    @EnumSource(TableKind.class)
    void columnsInAnotherOrder_withMoreOfThem_getTheirOwnValues(TableKind kind) throws Exception {
        String t = table(
                kind,
                "extra timestamptz DEFAULT '2020-01-01 00:00+00', b text, id int, more int NOT NULL DEFAULT 7, a text,"
                        + " tenant int, PRIMARY KEY (id, tenant)");
        apply(Changes.of(t, "tenant,id", "tenant,id,a,b")
                .insert("1", "1", "a1", "b1")
                .insert("2", "2", "a2", "b2"));
        apply(Changes.of(t, "tenant,id", "tenant,id,a,b")
                .update("1", "1", "A1", Row.UNAVAILABLE)
                .rekey(values("2", "2"), "3", "2", Row.UNAVAILABLE, "B2"));
        assertThat(target.rows("SELECT tenant, id, a, b, more, extra FROM %s ORDER BY id".formatted(t)))
                .containsExactly(
                        List.of("1", "1", "A1", "b1", "7", "2020-01-01 00:00:00+00"),
                        List.of("3", "2", "a2", "B2", "7", "2020-01-01 00:00:00+00"));
    }

    @Test
    void namesThatDifferInCaseOnly_areDifferentTablesAndColumns() throws Exception {
        String schema = TestTarget.unique("names");
        target.execute(
                "CREATE SCHEMA " + schema, "CREATE SCHEMA \"" + schema.toUpperCase(java.util.Locale.ROOT) + "\"");
        List<TableId> tables = List.of(
                new TableId(schema, "orders"),
                new TableId(schema, "Orders"),
                new TableId(schema, "ORDERS"),
                new TableId(schema, "or.ders"),
                new TableId(schema.toUpperCase(java.util.Locale.ROOT), "orders"),
                // As long as names get: shards have a number added, and the rest is cut.
                new TableId(schema, "o".repeat(62) + "1"),
                new TableId(schema, "o".repeat(62) + "2"));
        for (TableId table : tables) {
            target.execute(
                    "CREATE TABLE %s (tenant int, id int, a text, \"A\" text, \"tenant \" text, PRIMARY KEY (tenant, id))"
                            .formatted(table.toSql()));
            target.distribute(table.toSql(), TableKind.DISTRIBUTED, null);
        }
        List<String> key = List.of("tenant", "id");
        List<String> columns = List.of("tenant", "id", "A", "a", "tenant ");
        apply(tables.stream()
                .map(table -> Changes.of(table, key, columns)
                        .insert("1", "1", "upper", "lower", table.toSql())
                        .insert("2", "2", "upper", "lower", table.toSql()))
                .toArray(Changes[]::new));
        apply(tables.stream()
                .map(table -> Changes.of(table, key, columns)
                        .update("1", "1", "UPPER", Row.UNAVAILABLE, Row.UNAVAILABLE)
                        .delete("2", "2"))
                .toArray(Changes[]::new));
        for (TableId table : tables) {
            assertThat(target.rows("SELECT tenant, id, \"A\", a, \"tenant \" FROM " + table.toSql()))
                    .containsExactly(List.of("1", "1", "UPPER", "lower", table.toSql()));
        }
    }

    @ParameterizedTest
    @EnumSource(TableKind.class)
    void partitionedTable_withAKey_asOneTableAndAsItsPartitions(TableKind kind) throws Exception {
        if (kind == TableKind.REFERENCE && onCitus()) {
            return; // Citus has no partitioned reference tables.
        }
        String t = TestTarget.unique("t");
        target.execute(
                "CREATE TABLE %s (tenant int, id int, day date, a text, PRIMARY KEY (tenant, id, day)) PARTITION BY RANGE (day)"
                        .formatted(t),
                "CREATE TABLE %s_1 PARTITION OF %s FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')".formatted(t, t),
                "CREATE TABLE %s_2 PARTITION OF %s FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')".formatted(t, t));
        target.distribute(t, kind, null);
        for (List<String> names : List.of(List.of(t, t), List.of(t + "_1", t + "_2"))) {
            apply(
                    part(names.get(0)).insert("1", "1", "2024-01-05", "a").insert("1", "2", "2024-01-06", "a"),
                    part(names.get(1)).insert("2", "3", "2024-02-05", "a").insert("1", "4", "2024-02-06", "a"));
            apply(
                    part(names.get(0)).update("1", "1", "2024-01-05", "b").delete("1", "2", "2024-01-06"),
                    part(names.get(1)).update("2", "3", "2024-02-05", "b").delete("1", "4", "2024-02-06"));
            assertThat(rows(t + "_1")).containsExactly(List.of("1", "1", "2024-01-05", "b"));
            assertThat(rows(t + "_2")).containsExactly(List.of("2", "3", "2024-02-05", "b"));
            apply(part(names.get(0)).truncate(), part(names.get(1)).truncate());
            assertThat(rows(t)).isEmpty();
        }
        // From one partition to another: with the whole published an update, with the partitions a delete and an
        // insert.
        apply(part(t).insert("1", "1", "2024-01-05", "a"));
        apply(part(t).rekey(values("1", "1", "2024-01-05"), "1", "1", "2024-02-05", Row.UNAVAILABLE));
        assertThat(rows(t + "_2")).containsExactly(List.of("1", "1", "2024-02-05", "a"));
        apply(part(t + "_2").delete("1", "1", "2024-02-05"), part(t + "_1").insert("1", "1", "2024-01-05", "c"));
        assertThat(rows(t)).containsExactly(List.of("1", "1", "2024-01-05", "c"));
    }

    private static Changes part(String table) {
        return Changes.of(table, "tenant,id,day", "tenant,id,day,a");
    }

    @Test
    void truncateWithCascade_emptiesWhatTheSourceEmptied() throws Exception {
        String parent = table(TableKind.REFERENCE, "id int PRIMARY KEY, tenant int");
        String child = table(TableKind.DISTRIBUTED, "tenant int, id int, parent int, PRIMARY KEY (tenant, id)");
        String plain = table(TableKind.PLAIN, "tenant int, id int PRIMARY KEY");
        target.execute("ALTER TABLE %s ADD FOREIGN KEY (parent) REFERENCES %s".formatted(child, parent));
        for (boolean replicaRole : new boolean[] {true, false}) {
            writer.close();
            writer = TargetWriter.open(
                    target.settings("postgres", replicaRole), TestTarget.unique("pipeline"), "topic", 0);
            Changes parents = Changes.of(parent, "id", "id,tenant");
            apply(
                    parents.insert("1", "1"),
                    Changes.of(child, "tenant,id", "tenant,id,parent").insert("1", "1", "1"),
                    Changes.of(plain, "id", "tenant,id").insert("1", "1"));
            // TRUNCATE parent, plain CASCADE: the source sends every table that it emptied, in one transaction.
            apply(
                    Changes.of(parent, "id", "id,tenant").truncate().insert("2", "2"),
                    Changes.of(plain, "id", "tenant,id").truncate(),
                    Changes.of(child, "tenant,id", "tenant,id,parent")
                            .truncate()
                            .insert("2", "2", "2"));
            assertThat(rows(parent)).containsExactly(List.of("2", "2"));
            assertThat(rows(child)).containsExactly(List.of("2", "2", "2"));
            assertThat(rows(plain)).isEmpty();
            apply(
                    Changes.of(child, "tenant,id", "tenant,id,parent").truncate(),
                    Changes.of(parent, "id", "id,tenant").truncate());
        }
    }

    @Test
    void tableWithAsManyColumnsAsPostgresAllows_takesEveryChange() throws Exception {
        List<String> more = IntStream.range(0, 1_598).mapToObj(i -> "c" + i).toList();
        String t = table(
                TableKind.DISTRIBUTED,
                "tenant int, id int, %s, PRIMARY KEY (tenant, id)"
                        .formatted(more.stream().map(c -> c + " int").collect(Collectors.joining(", "))));
        String columns = "tenant,id," + String.join(",", more);
        Changes inserts = Changes.of(t, "tenant,id", columns);
        Changes updates = Changes.of(t, "tenant,id", columns);
        for (int i = 0; i < 20; i++) {
            inserts.insert(wide(i, 1));
            updates.update(wide(i, 2));
        }
        apply(inserts);
        apply(updates);
        assertThat(target.value("SELECT count(*) FROM %s WHERE c0 = 2 AND c1597 = 2".formatted(t)))
                .isEqualTo("20");
        apply(Changes.of(t, "tenant,id", columns)
                .rekey(values("1", "1"), wide(101, 3))
                .delete("2", "2"));
        assertThat(target.rows("SELECT tenant, id, c1597 FROM %s WHERE id IN (1, 2, 101)".formatted(t)))
                .containsExactly(List.of("2", "101", "3"));
    }

    private static String[] wide(int id, int value) {
        String[] values = new String[1_600];
        Arrays.fill(values, String.valueOf(value));
        values[0] = String.valueOf(id % 3);
        values[1] = String.valueOf(id);
        return values;
    }

    @Test
    void fieldsOfFiftyMegabytes_arriveWhole() throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int, a text, b bytea, PRIMARY KEY (tenant, id)");
        String text = "0123456789".repeat(5 << 20);
        String bytes = "\\x" + "00ff5c0a".repeat(3 << 20);
        apply(Changes.of(t, "tenant,id", "tenant,id,a,b")
                .insert("1", "1", text, bytes)
                .insert("1", "2", "small", null));
        assertThat(large(t, 1)).isEqualTo(large(text, bytes));
        apply(Changes.of(t, "tenant,id", "tenant,id,a,b")
                .update("1", "1", "small", Row.UNAVAILABLE)
                .update("1", "2", text + "x", bytes));
        assertThat(target.value("SELECT a FROM %s WHERE id = 1".formatted(t))).isEqualTo("small");
        assertThat(large(t, 2)).isEqualTo(large(text + "x", bytes));
        // The row moves to another shard with what was not sent.
        apply(Changes.of(t, "tenant,id", "tenant,id,a,b")
                .rekey(values("1", "2"), "5", "2", Row.UNAVAILABLE, Row.UNAVAILABLE));
        assertThat(large(t, 2)).isEqualTo(large(text + "x", bytes));
    }

    private List<String> large(String table, int id) throws Exception {
        return target.rows("SELECT length(a)::text, md5(a), md5(b) FROM %s WHERE id = %d".formatted(table, id))
                .get(0);
    }

    private List<String> large(String text, String bytes) throws Exception {
        List<String> sums = new ArrayList<>();
        try (var query = target.connection().prepareStatement("SELECT length(?)::text, md5(?), md5(?::bytea)")) {
            query.setString(1, text);
            query.setString(2, text);
            query.setString(3, bytes);
            try (var row = query.executeQuery()) {
                row.next();
                for (int i = 1; i <= 3; i++) {
                    sums.add(row.getString(i));
                }
            }
        }
        return sums;
    }
}
