package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

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
 * The main job on real servers: a database that is being written to all the time is moved by a process that is killed
 * three times, once in each phase; when the writing ends, both sides are equal, row for row.
 */
class EndToEndIT {

    @TempDir
    Path directory;

    @Test
    void plainTarget_isEqualAfterThreeKills() throws Exception {
        String database = TestDatabases.create(TestDatabases.target());
        String url = TestDatabases.target().jdbcUrl(database);
        TestDatabases.execute(url, WriteLoad.schema());
        TestDatabases.execute(
                url,
                "CREATE TABLE notes (id bigint PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, n int,"
                        + " body text, tags text[], at timestamptz)");

        migrateUnderKills(TestDatabases.address(TestDatabases.target(), database), url);
    }

    @Test
    void citusTarget_isEqualAfterThreeKills() throws Exception {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            TestDatabases.execute(citus.jdbcUrl(), WriteLoad.schema());
            TestDatabases.execute(
                    citus.jdbcUrl(),
                    "SELECT create_reference_table('tenants')",
                    // The key is widened by the distribution column, as the target's has to be.
                    "CREATE TABLE notes (id bigint, tenant_id int NOT NULL REFERENCES tenants, n int, body text,"
                            + " tags text[], at timestamptz, PRIMARY KEY (tenant_id, id))",
                    "SELECT create_distributed_table('notes', 'tenant_id')",
                    "SELECT create_distributed_table('pgbench_accounts', 'aid')",
                    "SELECT create_distributed_table('pgbench_tellers', 'tid')",
                    "SELECT create_distributed_table('pgbench_branches', 'bid')",
                    "SELECT create_distributed_table('pgbench_history', 'aid')",
                    "SELECT citus_add_local_table_to_metadata('scratch')");

            migrateUnderKills(TestDatabases.address(citus.jdbcUrl()), citus.jdbcUrl());
        }
    }

    private void migrateUnderKills(ServerAddress target, String targetUrl) throws Exception {
        String database = TestDatabases.create(TestDatabases.source());
        String sourceUrl = TestDatabases.source().jdbcUrl(database);
        TestDatabases.execute(sourceUrl, WriteLoad.schema());
        WriteLoad.fill(sourceUrl);
        MigrationSettings settings = TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), database), target, directory.resolve("data"));
        try (WriteLoad load = WriteLoad.start(sourceUrl, 2)) {
            ChildProcess copying = ChildProcess.migrate(settings, directory.resolve("1.log"));
            copying.awaitOutput("changes are captured from there on");
            copying.kill();

            ChildProcess streaming = ChildProcess.migrate(settings, directory.resolve("2.log"));
            streaming.awaitOutput("applying changes");
            Thread.sleep(3_000);
            streaming.kill();

            ChildProcess further = ChildProcess.migrate(settings, directory.resolve("3.log"));
            further.awaitOutput("caught up");
            Thread.sleep(1_500);
            further.kill();

            ChildProcess last = ChildProcess.migrate(settings, directory.resolve("4.log"));
            last.awaitOutput("caught up");
            assertThat(last.terminate()).as(last.output()).isZero();
            assertThat(last.output()).contains("stopped; the same command continues");
            assertThat(load.transactions()).isGreaterThan(500);
        }
        ChildProcess rest = ChildProcess.migrate(settings, directory.resolve("5.log"), "--until-caught-up");

        assertThat(rest.awaitEnd()).as(rest.output()).isZero();
        Comparison.assertEqual(sourceUrl, targetUrl, WriteLoad.TABLES);
        dropSlot(sourceUrl, settings.slot());
    }

    private static void dropSlot(String sourceUrl, String slot) throws SQLException {
        TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(slot));
    }
}
