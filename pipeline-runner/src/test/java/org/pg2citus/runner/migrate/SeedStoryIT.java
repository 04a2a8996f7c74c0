package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;

/**
 * A migration from its first to its last command, on a database that is written to all the time: stream, verify,
 * sequences, rehearse, cut over, and back, and clean up.
 */
class SeedStoryIT {

    /** How often it cuts over and back under load; a soak run gives more. */
    private static final int CUTOVERS = Integer.getInteger("pg2citus.test.cutovers", 2);

    @TempDir
    Path directory;

    @Test
    void plainTarget_fromTheFirstCommandToTheLast() throws Exception {
        String database = TestDatabases.create(TestDatabases.target());
        String url = TestDatabases.target().jdbcUrl(database);
        TestDatabases.execute(url, WriteLoad.schema());
        TestDatabases.execute(
                url,
                "CREATE TABLE notes (id bigint PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, n int,"
                        + " body text, tags text[], at timestamptz)",
                "CREATE TABLE tickets (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id int)",
                "CREATE SEQUENCE invoice_number INCREMENT BY 10");
        run(TestDatabases.address(TestDatabases.target(), database), url);
    }

    @Test
    void citusTarget_fromTheFirstCommandToTheLast() throws Exception {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            TestDatabases.execute(citus.jdbcUrl(), WriteLoad.schema());
            TestDatabases.execute(
                    citus.jdbcUrl(),
                    "SELECT create_reference_table('tenants')",
                    "CREATE TABLE notes (id bigint, tenant_id int NOT NULL REFERENCES tenants, n int, body text,"
                            + " tags text[], at timestamptz, PRIMARY KEY (tenant_id, id))",
                    "SELECT create_distributed_table('notes', 'tenant_id')",
                    "CREATE TABLE tickets (id bigint GENERATED ALWAYS AS IDENTITY, tenant_id int, PRIMARY KEY (id))",
                    "SELECT create_distributed_table('tickets', 'id')",
                    "CREATE SEQUENCE invoice_number INCREMENT BY 10",
                    "SELECT create_distributed_table('pgbench_accounts', 'aid')",
                    "SELECT create_distributed_table('pgbench_tellers', 'tid')",
                    "SELECT create_distributed_table('pgbench_branches', 'bid')",
                    "SELECT create_distributed_table('pgbench_history', 'aid')",
                    "SELECT citus_add_local_table_to_metadata('scratch')");
            run(TestDatabases.address(citus.jdbcUrl()), citus.jdbcUrl());
        }
    }

    private void run(ServerAddress target, String targetUrl) throws Exception {
        String database = TestDatabases.create(TestDatabases.source());
        String sourceUrl = TestDatabases.source().jdbcUrl(database);
        TestDatabases.execute(sourceUrl, WriteLoad.schema());
        WriteLoad.fill(sourceUrl);
        TestDatabases.execute(
                sourceUrl,
                "CREATE TABLE tickets (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id int)",
                "CREATE SEQUENCE invoice_number INCREMENT BY 10",
                "INSERT INTO tickets (tenant_id) SELECT 1 FROM generate_series(1, 77)",
                "SELECT nextval('invoice_number') FROM generate_series(1, 5)");
        MigrationSettings settings = TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), database), target, directory.resolve("data"));
        try (WriteLoad load = WriteLoad.startWithoutTruncates(sourceUrl, 2)) {
            ChildProcess migrating = ChildProcess.migrate(settings, directory.resolve("migrate.log"));
            migrating.awaitOutput("caught up");
            load.truncate();

            whileItStreams_everyRowIsEqual(settings);
            differencesAreFoundAndRefused(settings, sourceUrl, targetUrl);
            thereAndBack(settings, load, sourceUrl, targetUrl);
            theEnd(settings, migrating, sourceUrl, targetUrl);
        }
    }

    private void whileItStreams_everyRowIsEqual(MigrationSettings settings) {
        CommandRun verified = CommandRun.of(settings, "verify");
        assertThat(verified.exitCode()).as(verified.output()).isZero();
        assertThat(verified.result().path("equal").asBoolean()).isTrue();
        assertThat(verified.result().path("tables")).hasSize(WriteLoad.TABLES.length + 1);

        CommandRun sequences = CommandRun.of(settings, "sequences", "sync", "--margin=0");
        assertThat(sequences.exitCode()).as(sequences.output()).isZero();
        assertThat(sequences.result().path("sequences")).hasSize(2);

        CommandRun rehearsed = CommandRun.of(settings, "cutover", "rehearse");
        assertThat(rehearsed.exitCode()).as(rehearsed.output()).isZero();
    }

    private void differencesAreFoundAndRefused(MigrationSettings settings, String sourceUrl, String targetUrl)
            throws SQLException {
        TestDatabases.execute(
                targetUrl,
                "DELETE FROM tickets WHERE id = 5",
                "UPDATE tickets SET tenant_id = 99 WHERE id = 7",
                "INSERT INTO tickets (id, tenant_id) OVERRIDING SYSTEM VALUE VALUES (1000000, 1)");

        CommandRun verified = CommandRun.of(settings, "verify", "--tables=tickets", "--show-keys");

        assertThat(verified.exitCode()).as(verified.output()).isEqualTo(4);
        JsonNode tickets = verified.result().path("tables").path(0);
        assertThat(tickets.path("missing").asInt()).isEqualTo(1);
        assertThat(tickets.path("changed").asInt()).isEqualTo(1);
        assertThat(tickets.path("extra").asInt()).isEqualTo(1);
        assertThat(tickets.path("examples").toString()).contains("MISSING (5)", "CHANGED (7)", "EXTRA (1000000)");

        CommandRun cut = CommandRun.of(settings, "cutover", "start");

        assertThat(cut.exitCode()).as(cut.output()).isEqualTo(4);

        CommandRun repaired = CommandRun.of(settings, "verify", "--tables=tickets", "--repair");

        assertThat(repaired.exitCode()).as(repaired.output()).isZero();
        assertThat(repaired.result().path("tables").path(0).path("repaired").asInt())
                .isEqualTo(3);
        Comparison.assertEqual(sourceUrl, targetUrl, "tickets");
    }

    private void thereAndBack(MigrationSettings settings, WriteLoad load, String sourceUrl, String targetUrl)
            throws Exception {
        for (int number = 1; number <= CUTOVERS; number++) {
            long before = load.refused();
            CommandRun cut = CommandRun.of(settings, "cutover", "start");
            assertThat(cut.exitCode()).as(cut.output()).isZero();
            Thread.sleep(300);
            assertThat(load.refused()).as("writes meet the fence").isGreaterThan(before);
            Comparison.assertEqual(sourceUrl, targetUrl, WriteLoad.TABLES);
            System.out.printf(
                    "cutover %d: read-only for %d ms%n",
                    number, cut.result().path("readOnlyMs").asLong());
            if (number < CUTOVERS) {
                assertThat(CommandRun.of(settings, "cutover", "abort").exitCode())
                        .as("the cutover is done: it asks")
                        .isEqualTo(3);
                assertThat(CommandRun.of(settings, "cutover", "abort", "--yes").exitCode())
                        .isZero();
                long open = load.transactions();
                Thread.sleep(500);
                assertThat(load.transactions()).as("writes go on").isGreaterThan(open);
            }
        }
    }

    private void theEnd(MigrationSettings settings, ChildProcess migrating, String sourceUrl, String targetUrl)
            throws Exception {
        assertThat(CommandRun.of(settings, "cutover", "status")
                        .result()
                        .path("step")
                        .asText())
                .isEqualTo("DONE");
        assertThat(CommandRun.of(settings, "cutover", "start").exitCode())
                .as("it is done")
                .isEqualTo(3);
        long ticket = number(targetUrl, "SELECT nextval(pg_get_serial_sequence('tickets', 'id'))");
        assertThat(ticket).isGreaterThan(77);
        assertThat(number(targetUrl, "SELECT nextval('invoice_number')")).isGreaterThan(41);

        assertThat(CommandRun.of(settings, "cleanup", "--yes").exitCode())
                .as("the migration still runs")
                .isEqualTo(3);
        assertThat(migrating.terminate()).as(migrating.output()).isZero();
        assertThat(CommandRun.of(settings, "cleanup").result().path("done").asBoolean())
                .isFalse();
        assertThat(TestDatabases.query(sourceUrl, "SELECT slot_name FROM pg_replication_slots"))
                .contains(settings.slot());
        CommandRun cleaned = CommandRun.of(settings, "cleanup", "--yes");

        assertThat(cleaned.exitCode()).as(cleaned.output()).isZero();
        assertThat(TestDatabases.query(sourceUrl, "SELECT slot_name FROM pg_replication_slots"))
                .doesNotContain(settings.slot());
        assertThat(TestDatabases.query(sourceUrl, "SELECT pubname FROM pg_publication"))
                .isEmpty();
        assertThat(number(targetUrl, "SELECT count(*) FROM pg2citus.migration")).isZero();
        assertThat(CommandRun.of(settings, "status").exitCode()).isEqualTo(3);
    }

    private static long number(String url, String sql) throws SQLException {
        return Long.parseLong(TestDatabases.query(url, sql).get(0));
    }
}
