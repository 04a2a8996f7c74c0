package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tables that change, and tables of unusual shape. Everything is written before the source reads any of it. */
final class TableShapeIT {

    private TestSource.Database database;

    @BeforeEach
    void createDatabase() throws Exception {
        database = TestSource.shared().database("shape");
    }

    @Test
    void rowsBeforeAndAfterEachDefinition_haveTheColumnsOfTheirTime() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (id int PRIMARY KEY, a text)",
                        "INSERT INTO t VALUES (1, 'one')",
                        "ALTER TABLE t ADD b int NOT NULL DEFAULT 7",
                        "INSERT INTO t VALUES (2, 'two')",
                        "ALTER TABLE t RENAME a TO c",
                        "INSERT INTO t VALUES (3, 'three', 8)",
                        "ALTER TABLE t ALTER b TYPE text USING 'n' || b",
                        "INSERT INTO t VALUES (4, 'four', 'nine')",
                        "ALTER TABLE t DROP c",
                        "INSERT INTO t VALUES (5, 'ten')",
                        "ALTER TABLE t ADD c date",
                        "INSERT INTO t VALUES (6, 'x', '2024-02-29')",
                        "UPDATE t SET b = 'y' WHERE id = 1",
                        "ALTER TABLE t RENAME TO u",
                        "DELETE FROM u WHERE id = 2"))
                .containsExactly(
                        "c t {id=1} {id=1,a=one}",
                        "c t {id=2} {id=2,a=two,b=7}",
                        "c t {id=3} {id=3,c=three,b=8}",
                        "c t {id=4} {id=4,c=four,b=nine}",
                        "c t {id=5} {id=5,b=ten}",
                        "c t {id=6} {id=6,b=x,c=2024-02-29}",
                        "u t {id=1} {id=1,b=y,c=null}",
                        "d u {id=2} {id=2,b=null,c=null}");
    }

    @Test
    void columnChangedWithinATransaction_splitsItsRows() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (id int PRIMARY KEY, a text)",
                        "BEGIN; INSERT INTO t VALUES (1, 'one'); ALTER TABLE t DROP a; INSERT INTO t VALUES"
                                + " (2); COMMIT"))
                .containsExactly("c t {id=1} {id=1,a=one}", "c t {id=2} {id=2}");
    }

    @Test
    void keyChangedBetweenRows_isTheKeyOfTheirTime() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL)",
                        "INSERT INTO t VALUES (1, 10)",
                        "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b)",
                        "INSERT INTO t VALUES (2, 20)",
                        "CREATE UNIQUE INDEX t_a ON t (a)",
                        "ALTER TABLE t REPLICA IDENTITY USING INDEX t_a",
                        "DELETE FROM t WHERE b = 20"))
                .containsExactly("c t {a=1} {a=1,b=10}", "c t {b=20} {a=2,b=20}", "d t {a=2} {a=2,b=null}");
    }

    @Test
    void tableDroppedAndCreatedAgain_isReadAsItWas() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (id int PRIMARY KEY, a text)",
                        "INSERT INTO t VALUES (1, 'old')",
                        "DROP TABLE t",
                        "CREATE TABLE t (x uuid PRIMARY KEY)",
                        "INSERT INTO t VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')"))
                .containsExactly(
                        "c t {id=1} {id=1,a=old}",
                        "c t {x=a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11} {x=a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}");
    }

    @Test
    void tableThatLivedForOneTransaction_isReadWhole() throws Exception {
        assertThat(linesOf(
                        "BEGIN; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); DROP TABLE t; COMMIT",
                        "CREATE TABLE u (id int PRIMARY KEY)",
                        "INSERT INTO u VALUES (2)"))
                .containsExactly("c t {id=1} {id=1}", "c u {id=2} {id=2}");
    }

    @Test
    void fullIdentityOfADroppedTable_hasTheOldRowAndNoKey() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (id int PRIMARY KEY, a text)",
                        "ALTER TABLE t REPLICA IDENTITY FULL",
                        "INSERT INTO t VALUES (1, 'x')",
                        "DELETE FROM t",
                        "DROP TABLE t"))
                .containsExactly("c t - {id=1,a=x}", "d t - {id=1,a=x}");
    }

    @Test
    void enumValueAddedAndRenamed_isTheNameOfTheTimeOfReading() throws Exception {
        assertThat(linesOf(
                        "CREATE TYPE mood AS ENUM ('sad')",
                        "CREATE TABLE t (id int PRIMARY KEY, m mood)",
                        "INSERT INTO t VALUES (1, 'sad')",
                        "ALTER TYPE mood ADD VALUE 'ok'",
                        "INSERT INTO t VALUES (2, 'ok')"))
                .containsExactly("c t {id=1} {id=1,m=sad}", "c t {id=2} {id=2,m=ok}");
    }

    @Test
    void partitionsPublishedByTheirRoot_areTheRoot() throws Exception {
        database.execute("CREATE PUBLICATION " + database.name + " FOR ALL TABLES WITH (publish_via_partition_root)");
        assertThat(partitionLines())
                .containsExactly(
                        "c p {k=1} {k=1,v=a}",
                        "c p {k=11} {k=11,v=b}",
                        "d p {k=1} {k=1,v=null}",
                        "c p {k=15} {k=15,v=a}",
                        "c p {k=21} {k=21,v=c}");
    }

    @Test
    void partitionsPublishedByThemselves_areTheLeaves() throws Exception {
        database.execute("CREATE PUBLICATION " + database.name + " FOR ALL TABLES");
        assertThat(partitionLines())
                .containsExactly(
                        "c p1 {k=1} {k=1,v=a}",
                        "c p2 {k=11} {v=b,k=11}",
                        "d p1 {k=1} {k=1,v=null}",
                        "c p2 {k=15} {v=a,k=15}",
                        "c p3 {k=21} {k=21,v=c}");
    }

    private List<String> partitionLines() throws Exception {
        return linesOf(
                "CREATE TABLE p (k int PRIMARY KEY, v text) PARTITION BY RANGE (k)",
                "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
                // Its columns are in another order.
                "CREATE TABLE p2 (v text, k int PRIMARY KEY)",
                "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)",
                "INSERT INTO p VALUES (1, 'a')",
                "INSERT INTO p2 (k, v) VALUES (11, 'b')",
                "UPDATE p SET k = 15 WHERE k = 1",
                "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30)",
                "INSERT INTO p VALUES (21, 'c')");
    }

    @Test
    void partitionDetachedAndAttached_isWhatItIsAtTheTime() throws Exception {
        database.execute("CREATE PUBLICATION " + database.name + " FOR ALL TABLES WITH (publish_via_partition_root)");
        assertThat(linesOf(
                        "CREATE TABLE p (k int PRIMARY KEY, v text) PARTITION BY RANGE (k)",
                        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
                        "INSERT INTO p VALUES (1, 'a')",
                        "ALTER TABLE p DETACH PARTITION p1",
                        "INSERT INTO p1 VALUES (2, 'b')",
                        "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10)",
                        "UPDATE p SET v = 'c' WHERE k = 2",
                        "DROP TABLE p1",
                        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
                        "INSERT INTO p VALUES (3, 'd')",
                        "TRUNCATE p"))
                .containsExactly(
                        "c p {k=1} {k=1,v=a}",
                        "c p1 {k=2} {k=2,v=b}",
                        "u p {k=2} {k=2,v=c}",
                        "c p {k=3} {k=3,v=d}",
                        "t p - -");
    }

    @Test
    void partitionDetachedFromAPublishedTable_isNotPublished() throws Exception {
        database.execute(
                "CREATE TABLE p (k int PRIMARY KEY, v text) PARTITION BY RANGE (k)",
                "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
                "CREATE PUBLICATION " + database.name + " FOR TABLE p");
        assertThat(linesOf(
                        "INSERT INTO p VALUES (1, 'a')",
                        "ALTER TABLE p DETACH PARTITION p1",
                        "INSERT INTO p1 VALUES (2, 'b')",
                        "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (0) TO (10)",
                        "INSERT INTO p VALUES (3, 'c')"))
                .containsExactly("c p1 {k=1} {k=1,v=a}", "c p2 {k=3} {k=3,v=c}");
    }

    @Test
    void deferrableKeyOfFullIdentity_isNoKey() throws Exception {
        // Within a transaction two rows can have the same value of it.
        assertThat(linesOf(
                        "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, a text)",
                        "ALTER TABLE t REPLICA IDENTITY FULL",
                        "INSERT INTO t VALUES (1, 'x'), (2, 'y')",
                        "BEGIN; UPDATE t SET id = 2 WHERE a = 'x'; UPDATE t SET id = 1 WHERE a = 'y'; COMMIT"))
                .containsExactly("c t - {id=1,a=x}", "c t - {id=2,a=y}", "u t - {id=2,a=x}", "u t - {id=1,a=y}");
    }

    @Test
    void identityChangedBetweenRows_isTheIdentityOfTheirTime() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (id int PRIMARY KEY, a text)",
                        "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')",
                        "DELETE FROM t WHERE id = 1",
                        "ALTER TABLE t REPLICA IDENTITY FULL",
                        "DELETE FROM t WHERE id = 2",
                        "ALTER TABLE t REPLICA IDENTITY DEFAULT",
                        "DELETE FROM t WHERE id = 3",
                        "ALTER TABLE t REPLICA IDENTITY NOTHING",
                        "INSERT INTO t VALUES (4, 'n')"))
                .containsExactly(
                        "c t {id=1} {id=1,a=x}",
                        "c t {id=2} {id=2,a=y}",
                        "c t {id=3} {id=3,a=z}",
                        "d t {id=1} {id=1,a=null}",
                        "d t {id=2} {id=2,a=y}",
                        "d t {id=3} {id=3,a=null}",
                        "c t - {id=4,a=n}");
    }

    @Test
    void preparedTransactions_comeWhenTheyAreCommittedOrNever() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (id int PRIMARY KEY)",
                        "BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s;"
                                + " PREPARE TRANSACTION 'kept_"
                                + database.name + "'",
                        "BEGIN; INSERT INTO t VALUES (3); PREPARE TRANSACTION 'gone_" + database.name + "'",
                        "INSERT INTO t VALUES (4)",
                        "ROLLBACK PREPARED 'gone_" + database.name + "'",
                        "COMMIT PREPARED 'kept_" + database.name + "'"))
                .containsExactly("c t {id=4} {id=4}", "c t {id=1} {id=1}");
    }

    @Test
    void subtransactions_areSentAsFarAsTheyWereKept() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (id int PRIMARY KEY)",
                        "DO $$ BEGIN FOR i IN 1..300 LOOP BEGIN INSERT INTO t VALUES (i);"
                                + " IF i % 3 > 0 THEN RAISE division_by_zero; END IF;"
                                + " EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END $$"))
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 100)
                        .mapToObj(i -> "c t {id=%d} {id=%1$d}".formatted(i * 3))
                        .toList());
    }

    @Test
    void inheritedTables_areEachThemselves() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE parent (id int PRIMARY KEY)",
                        "CREATE TABLE child (extra text, PRIMARY KEY (id)) INHERITS (parent)",
                        "INSERT INTO parent VALUES (1)",
                        "INSERT INTO child VALUES (2, 'x')"))
                .containsExactly("c parent {id=1} {id=1}", "c child {id=2} {id=2,extra=x}");
    }

    @Test
    void generatedAndIdentityColumns_haveTheValuesThatArePublished() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b int GENERATED"
                                + " ALWAYS AS (a * 2) STORED)",
                        "INSERT INTO t (a) VALUES (21)"))
                .containsExactly("c t {id=1} {id=1,a=21}");
    }

    @Test
    void truncateOfSeveralTables_isAnEventForEachInOneTransaction() throws Exception {
        assertThat(linesOf(
                        "CREATE TABLE a (id int PRIMARY KEY)",
                        "CREATE TABLE b (id int PRIMARY KEY REFERENCES a)",
                        "TRUNCATE a CASCADE"))
                .containsExactlyInAnyOrder("t a - -", "t b - -");
    }

    @Test
    void tableWithoutColumnsOrWithManyOfThem_isRead() throws Exception {
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < 1_599; i++) {
            columns.add("c" + i + " int");
        }
        List<String> lines = linesOf(
                "CREATE TABLE none ()",
                "INSERT INTO none DEFAULT VALUES",
                "CREATE TABLE many (id int PRIMARY KEY, " + String.join(", ", columns) + ")",
                "INSERT INTO many (id, c1598) VALUES (1, 5)");
        assertThat(lines.get(0)).isEqualTo("c none - {}");
        assertThat(lines.get(1)).startsWith("c many {id=1} {id=1,c0=null,").endsWith(",c1598=5}");
    }

    private List<String> linesOf(String... statements) throws Exception {
        if (database.query("SELECT 1 FROM pg_publication") == null) {
            database.execute("CREATE PUBLICATION " + database.name + " FOR ALL TABLES");
        }
        database.execute("SELECT pg_create_logical_replication_slot('" + database.name + "', 'pgoutput')");
        for (String statement : statements) {
            database.execute(statement);
        }
        database.execute("SELECT pg_logical_emit_message(false, 'pg2citus', 'end')");
        try (TaskRun run = TaskRun.start(new PostgresSourceTask(), database.settings(), new TaskRun.Offsets())) {
            return Events.lines(run.pollTo(Events::isMark));
        } finally {
            database.dropSlot(database.name);
        }
    }
}
