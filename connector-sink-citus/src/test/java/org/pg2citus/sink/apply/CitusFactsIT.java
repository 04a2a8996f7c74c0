package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.catalog.TargetCatalog;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;
import org.postgresql.PGConnection;

/**
 * The ten facts about Citus that decided how the sink applies: each test runs into the trap by hand, so that it fails when
 * Citus changes, and then shows that the sink does not.
 */
class CitusFactsIT extends ApplyScenarios {

    private static final String DEFINITION = "tenant int, id int, a text, PRIMARY KEY (tenant, id)";

    /** Prepared transactions of Citus are named by group, process, transaction and connection. */
    private static final String IN_DOUBT = "citus_0_999999_%d_1";

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }

    private static Changes changes(String table) {
        return Changes.of(table, "tenant,id", "tenant,id,a");
    }

    private static Changes inserts(String table, int rows) {
        Changes changes = changes(table);
        for (int i = 0; i < rows; i++) {
            changes.insert("" + i % 50, "" + i, "a");
        }
        return changes;
    }

    /**
     * Sessions on the workers that the coordinator's session of this name has opened. Only these are counted: the
     * maintenance daemons of all nodes open sessions of their own whenever they look for deadlocks.
     */
    private int workerSessions(String applicationName) throws SQLException {
        return Integer.parseInt(target.value(
                """
                SELECT sum(result::int) FROM run_command_on_workers((
                  SELECT format('SELECT count(*) FROM pg_stat_activity WHERE application_name = %%L',
                    'citus_internal gpid=' || citus_calculate_gpid(citus_coordinator_nodeid(), pid))
                  FROM pg_stat_activity WHERE application_name = '%s' AND datname = current_database()))"""
                        .formatted(applicationName)));
    }

    @Test
    void fact1_parallelModeOpensManySessions_theSinkOneForEachWorker() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        try (Connection other = DriverManager.getConnection(target.url());
                Statement statement = other.createStatement()) {
            statement.execute("SET application_name = 'fact1'");
            other.setAutoCommit(false);
            statement.execute("INSERT INTO %s SELECT i, i, 'x' FROM generate_series(1, 200) i".formatted(t));
            assertThat(workerSessions("fact1")).isGreaterThan(2);
            other.rollback();
        }

        writer.begin();
        writer.write(List.of(inserts(t, 500).delta()));
        assertThat(workerSessions("pg2citus sink " + writersPipeline)).isBetween(1, 2);
        writer.commit(writer.progress().after(new Lsn(1_000), 1, 500, 1));
        assertThat(rows(t)).hasSize(500);
    }

    @Test
    void fact2_statementsAreForManyRows_neverOneByOne() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        target.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET citus.enable_stat_counters = on',"
                + " current_database()); END $$");
        writer.close();
        openWriter();
        apply(inserts(t, 1_000));
        Changes updates = changes(t);
        Changes deletes = changes(t);
        for (int i = 0; i < 1_000; i++) {
            updates.update("" + i % 50, "" + i, "b");
            deletes.delete("" + i % 50, "" + i);
        }
        long before = executions();
        apply(updates);
        long between = executions();
        assertThat(target.value("SELECT count(*) FROM %s WHERE a = 'b'".formatted(t)))
                .isEqualTo("1000");
        apply(deletes);
        // Many updates go through a stage, to all shards at once, ...
        assertThat(between - before).isBetween(2L, 8L);
        // ... deletes with one for each of 8 shards; and a few for the progress.
        assertThat(executions() - between).isBetween(8L, 16L);
        assertThat(rows(t)).isEmpty();
    }

    private long executions() throws SQLException {
        return Long.parseLong(
                target.value(
                        """
                SELECT query_execution_single_shard + query_execution_multi_shard FROM citus_stat_counters
                WHERE name = current_database()"""));
    }

    @Test
    void fact3_plainProgressIsNotAtomicWithOneWorker_theSinksIs() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        String plain = table(TableKind.PLAIN, "id int PRIMARY KEY");
        assertThat(remoteCommands(
                        "INSERT INTO %s VALUES (1, 1, 'x')".formatted(t), "INSERT INTO %s VALUES (1)".formatted(plain)))
                .as("with a plain table, Citus commits in one phase")
                .doesNotContain("PREPARE TRANSACTION");
        assertThat(remoteCommands(
                        "INSERT INTO %s VALUES (1, 2, 'x')".formatted(t),
                        "UPDATE pg2citus.progress SET applied_at = now() WHERE pipeline = 'nobody''s'",
                        "INSERT INTO pg2citus.progress (pipeline, epoch, applied_lsn) VALUES ('fact3', 0, '0/0')"))
                .as("with the sink's table, in two")
                .contains("PREPARE TRANSACTION");
    }

    /** What Citus sends to its workers for a transaction of these statements. */
    private String remoteCommands(String... statements) throws SQLException {
        try (Connection other = DriverManager.getConnection(target.url());
                Statement statement = other.createStatement()) {
            statement.execute("SET citus.log_remote_commands = on; SET client_min_messages = log");
            other.setAutoCommit(false);
            for (String sql : statements) {
                statement.execute(sql);
            }
            other.clearWarnings();
            other.commit();
            StringBuilder commands = new StringBuilder();
            for (SQLWarning warning = other.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                commands.append(warning.getMessage()).append('\n');
            }
            assertThat(commands).as("the log of remote commands").contains("COMMIT");
            return commands.toString();
        }
    }

    /** That a commit can end so, by a worker's death between its two phases, is shown by {@link CitusCrashIT}. */
    @Test
    void fact4_rowsInDoubtAreInvisibleAndComeBack_theSinkWaitsForThem() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        prepareOnWorker(t, 1);
        target.execute("DELETE FROM %s WHERE tenant = 1".formatted(t));
        try (Connection worker = worker(t);
                Statement statement = worker.createStatement()) {
            statement.execute("COMMIT PREPARED '" + IN_DOUBT.formatted(1) + "'");
        }
        assertThat(rows(t)).as("deleted, and there again").hasSize(1);

        target.execute("DELETE FROM %s".formatted(t));
        prepareOnWorker(t, 2);
        writer.close();
        openWriter();
        assertThat(writer.metrics().inDoubtWaits()).isEqualTo(1);
        assertThat(target.value("SELECT sum(result::int) FROM run_command_on_all_nodes($$SELECT count(*) FROM"
                        + " pg_prepared_xacts WHERE database = current_database()$$)"))
                .isEqualTo("0");
        // The coordinator has no record of its commit, so it was rolled back.
        assertThat(rows(t)).isEmpty();
    }

    private void prepareOnWorker(String table, int number) throws SQLException {
        String shard =
                target.value("SELECT '%s_' || get_shard_id_for_distribution_column('%s', 1)".formatted(table, table));
        try (Connection worker = worker(table);
                Statement statement = worker.createStatement()) {
            statement.execute("BEGIN");
            statement.execute("INSERT INTO %s VALUES (1, %d, 'in doubt')".formatted(shard, number));
            statement.execute("PREPARE TRANSACTION '" + IN_DOUBT.formatted(number) + "'");
        }
    }

    /** A session with the server that has the shard of tenant 1. */
    private Connection worker(String table) throws SQLException {
        List<String> node = target.rows(
                        """
                        SELECT n.nodename, n.nodeport FROM pg_dist_node n JOIN pg_dist_placement p USING (groupid)
                        WHERE p.shardid = get_shard_id_for_distribution_column('%s', 1)"""
                                .formatted(table))
                .get(0);
        return DriverManager.getConnection(
                target.url().replaceFirst("//[^/]*/", "//%s:%s/".formatted(node.get(0), node.get(1))));
    }

    @Test
    void fact5_truncateUnderTheReplicaRoleDoesNothing_theSinksDoes() throws Exception {
        for (TableKind kind : List.of(TableKind.DISTRIBUTED, TableKind.REFERENCE, TableKind.CITUS_LOCAL)) {
            String t = table(kind, DEFINITION);
            apply(inserts(t, 10));
            target.execute(
                    "BEGIN",
                    "SET LOCAL citus.propagate_set_commands = 'local'",
                    "SET LOCAL session_replication_role = replica",
                    "TRUNCATE " + t,
                    "COMMIT");
            assertThat(rows(t)).as("truncated by hand, %s", kind).hasSize(10);
            apply(changes(t).truncate());
            assertThat(rows(t)).as("truncated by the sink, %s", kind).isEmpty();
        }
    }

    @Test
    void fact6_copyReportsViolationsAsInternalErrors_theSinkHaltsAtOnceAllTheSame() throws Exception {
        String t =
                table(TableKind.DISTRIBUTED, "tenant int, id int, a text CHECK (a <> 'bad'), PRIMARY KEY (tenant, id)");
        apply(inserts(t, 1));
        assertThatThrownBy(() -> target.connection()
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY %s FROM STDIN".formatted(t), new StringReader("0\t0\ta\n")))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("XX000"))
                .hasMessageContaining("duplicate key value violates unique constraint");

        assertHalts(() -> apply(changes(t).insert("0", "0", "a")), "duplicate key value violates unique constraint");
        assertHalts(() -> apply(changes(t).insert("0", "1", "bad")), "violates check constraint");
        assertThat(rows(t)).hasSize(1);
        assertThat(writer.metrics().retries()).isZero();
    }

    private static void assertHalts(ThrowingCallable apply, String text) {
        assertThatThrownBy(apply)
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP009")
                .hasMessageContaining("[XX000] ")
                .hasMessageContaining(text);
    }

    @Test
    void fact7_nativeSubscriptionLosesEveryRow_theSinksArrive() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        String publisher = TestTarget.unique("publisher");
        target.execute("SET citus.enable_create_database_propagation = off", "CREATE DATABASE " + publisher);
        String url = target.url().replaceFirst("/[^/?]*\\?", "/" + publisher + "?");
        try (Connection source = DriverManager.getConnection(url);
                Statement statement = source.createStatement()) {
            statement.execute("CREATE TABLE %s (%s)".formatted(t, DEFINITION));
            statement.execute("INSERT INTO %s VALUES (1, 1, 'a'), (2, 2, 'b')".formatted(t));
            statement.execute("CREATE PUBLICATION everything FOR TABLE " + t);
            statement.execute("SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(publisher));
        }
        String address = target.url().replaceFirst("jdbc:", "").replaceFirst("/[^/?]*\\?", "/" + publisher + "?");
        target.execute(
                "CREATE SUBSCRIPTION %s CONNECTION '%s' PUBLICATION everything WITH (create_slot = false, slot_name = '%s')"
                        .formatted(publisher, address, publisher));
        try {
            awaitSynchronized(t);
            assertThat(rows(t)).as("what the subscription brought").isEmpty();
            apply(changes(t).insert("1", "1", "a").insert("2", "2", "b"));
            assertThat(rows(t)).hasSize(2);
        } finally {
            target.execute("DROP SUBSCRIPTION " + publisher, "DROP DATABASE " + publisher + " WITH (FORCE)");
        }
    }

    private void awaitSynchronized(String table) throws Exception {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        String state = "";
        while (!state.equals("r")) {
            assertThat(System.nanoTime()).as("state %s", state).isLessThan(deadline);
            Thread.sleep(100);
            state = target.value("SELECT coalesce(max(srsubstate::text), 'none') FROM pg_subscription_rel"
                    + " WHERE srrelid = '%s'::regclass".formatted(table));
        }
    }

    @Test
    void fact8_theDistributionColumnCannotBeUpdated_theSinkMovesTheRow() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        apply(changes(t).insert("1", "1", "kept"));
        assertState("0A000", () -> target.execute("UPDATE %s SET tenant = 5 WHERE tenant = 1 AND id = 1".formatted(t)));
        assertState("0A000", () -> {
            try (var update = target.connection()
                    .prepareStatement("UPDATE %s SET tenant = ? WHERE tenant = 1 AND id = 1".formatted(t))) {
                // Unchanged, but Citus does not see it.
                update.setInt(1, 1);
                update.executeUpdate();
            }
        });
        apply(changes(t).rekey(Changes.values("1", "1"), "5", "1", Row.UNAVAILABLE));
        assertThat(rows(t)).containsExactly(List.of("5", "1", "kept"));
    }

    private static void assertState(String state, ThrowingCallable statement) {
        assertThatThrownBy(statement).isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                .isEqualTo(state));
    }

    @Test
    void fact9_arraysWithoutDistributionValuesGoToEveryShard_theSinksGoToOne() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        apply(inserts(t, 500));
        String update = "UPDATE %s AS t SET a = 'x' FROM unnest('{1,1}'::int[], '{1,51}'::int[]) AS u(c0, c1)"
                + " WHERE t.tenant = u.c0 AND t.id = u.c1";
        assertThat(plan(update.formatted(t))).contains("Task Count: 8");
        String byShard = new MatchedRows(
                        new TargetCatalog(target.connection(), true)
                                .table(new TableId("public", t))
                                .orElseThrow(),
                        List.of(TestTables.column("tenant", "integer"), TestTables.column("id", "integer")),
                        List.of())
                .delete(
                        List.of(
                                new ClientRow<>(List.of("1", "1"), ""),
                                new ClientRow<>(List.of("1", "51"), ""),
                                new ClientRow<>(List.of("1", "101"), "")),
                        false)
                .sql();
        for (String values : List.of("'{1,1,1}'", "'{1,51,101}'", "'{1}'", "'{1}'")) {
            byShard = byShard.replaceFirst("\\?", values);
        }
        assertThat(plan(byShard)).contains("Task Count: 1");
        assertState(
                "XX000",
                () -> target.execute(
                        ("MERGE INTO %s t USING unnest('{1}'::int[]) AS u(id) ON t.tenant = 1 AND t.id = u.id"
                                        + " WHEN MATCHED THEN DELETE")
                                .formatted(t)));
    }

    private String plan(String sql) throws SQLException {
        return target.rows("EXPLAIN " + sql).stream().map(List::toString).collect(Collectors.joining("\n"));
    }

    @Test
    void fact10_workersDoNotKnowTheLockTimeout_theSinkTellsThem() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        apply(changes(t).insert("1", "1", "a"));
        target.execute("BEGIN", "SELECT * FROM %s WHERE tenant = 1 AND id = 1 FOR UPDATE".formatted(t));
        try (Connection other = DriverManager.getConnection(target.url());
                Statement statement = other.createStatement()) {
            statement.execute("SET lock_timeout = '200ms'; SET statement_timeout = '2s'");
            assertState(
                    "57014", () -> statement.execute("UPDATE %s SET a = 'b' WHERE tenant = 1 AND id = 1".formatted(t)));
        }
        TargetSettings patient = target.settings();
        writer.close();
        writer = TargetWriter.open(
                new TargetSettings(
                        patient.url(),
                        patient.user(),
                        patient.password(),
                        patient.synchronousCommit(),
                        Duration.ofMillis(200),
                        patient.statementTimeout(),
                        1,
                        patient.firstBackoff(),
                        patient.maxBackoff(),
                        patient.inDoubtTimeout(),
                        true),
                TestTarget.unique("pipeline"),
                "topic",
                0);
        assertThatThrownBy(() -> apply(changes(t).update("1", "1", "b")))
                .isInstanceOf(RetryLaterException.class)
                .hasMessageContaining("[55P03]");
        target.execute("COMMIT");
    }
}
