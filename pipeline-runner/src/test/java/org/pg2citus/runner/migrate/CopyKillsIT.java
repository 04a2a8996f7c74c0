package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;

/**
 * A process that is killed five times while it copies a database that is being written to: both sides are equal in the end,
 * and what was copied before a kill was not copied again.
 *
 * <p>{@code -Dpg2citus.test.copyKills=true} does it on a plain target, too.
 */
class CopyKillsIT {

    private static final int KILLS = 5;
    private static final int ROWS = 60_000;
    /** On the source with room for updated rows where they are: it has to stay in the order of its key. */
    private static final String BIG = "CREATE TABLE big (id bigint PRIMARY KEY, n int, filler text)";

    @TempDir
    Path directory;

    @Test
    void plainTarget_isEqualAfterFiveKillsWhileCopying() throws Exception {
        Assumptions.assumeTrue(
                Boolean.getBoolean("pg2citus.test.copyKills"), "only with -Dpg2citus.test.copyKills=true");
        String database = TestDatabases.create(TestDatabases.target());
        String url = TestDatabases.target().jdbcUrl(database);
        TestDatabases.execute(url, WriteLoad.schema());
        TestDatabases.execute(
                url,
                BIG,
                "CREATE TABLE notes (id bigint PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, n int,"
                        + " body text, tags text[], at timestamptz)");

        migrateUnderKills(TestDatabases.address(TestDatabases.target(), database), url);
    }

    @Test
    void citusTarget_isEqualAfterFiveKillsWhileCopying() throws Exception {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            TestDatabases.execute(citus.jdbcUrl(), WriteLoad.schema());
            TestDatabases.execute(
                    citus.jdbcUrl(),
                    BIG,
                    "SELECT create_distributed_table('big', 'id')",
                    "SELECT create_reference_table('tenants')",
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
        TestDatabases.execute(
                sourceUrl,
                BIG + " WITH (fillfactor = 80)",
                "INSERT INTO big SELECT i, i, repeat('x', 700) FROM generate_series(1, %d) i".formatted(ROWS));
        WriteLoad.fill(sourceUrl);
        MigrationSettings settings = TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), database), target, directory.resolve("data"));
        Path config =
                Files.writeString(directory.resolve("migration.yaml"), "version: 1\ncopy:\n  chunk_mb: 1\n  jobs: 1\n");
        CountDownLatch written = new CountDownLatch(1);
        CompletableFuture<Void> moving =
                CompletableFuture.runAsync(() -> moveRows(sourceUrl, written), task -> new Thread(task).start());
        try (WriteLoad load = WriteLoad.start(sourceUrl, 2)) {
            int before = 0;
            for (int kill = 1; kill <= KILLS; kill++) {
                ChildProcess copying =
                        ChildProcess.migrate(settings, directory.resolve(kill + ".log"), "-c", config.toString());
                copying.awaitOutput("changes are captured from there on", "taking a new snapshot");
                before = awaitChunks(targetUrl, before + 3, copying);
                copying.kill();
                assertThat(isCopying(targetUrl, settings))
                        .as("killed while copying: " + copying.output())
                        .isTrue();
            }
            assertThat(before).isGreaterThanOrEqualTo(3 * KILLS);
            assertThat(load.transactions()).isGreaterThan(500);
        } finally {
            written.countDown();
        }
        moving.get(60, TimeUnit.SECONDS);
        ChildProcess rest = ChildProcess.migrate(
                settings, directory.resolve("rest.log"), "-c", config.toString(), "--until-caught-up");

        assertThat(rest.awaitEnd()).as(rest.output()).isZero();
        Comparison.assertEqual(sourceUrl, targetUrl, WriteLoad.TABLES);
        Comparison.assertEqual(sourceUrl, targetUrl, "big");
        assertThat(TestDatabases.query(
                        targetUrl,
                        "SELECT count(DISTINCT copy_lsn) > %d FROM pg2citus.copied_chunk WHERE table_name = 'big'"
                                .formatted(KILLS)))
                .as("parts of every snapshot")
                .containsExactly("t");
        TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));
    }

    private static int awaitChunks(String targetUrl, int wanted, ChildProcess copying) throws Exception {
        for (int i = 0; i < 1_200; i++) {
            int there = Integer.parseInt(TestDatabases.query(
                            targetUrl, "SELECT count(*) FROM pg2citus.copied_chunk WHERE table_name = 'big'")
                    .get(0));
            if (there >= wanted) {
                return there;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("no progress: " + copying.output());
    }

    private static boolean isCopying(String targetUrl, MigrationSettings settings) throws SQLException {
        return TestDatabases.query(
                                targetUrl,
                                "SELECT 1 FROM pg2citus.migration WHERE name = '%s' AND phase = 'COPYING'"
                                        .formatted(settings.name()))
                        .size()
                == 1;
    }

    /** Between ranges that are copied and ranges that are not, to and fro, with inserts and deletes. */
    private static void moveRows(String sourceUrl, CountDownLatch end) {
        Random random = new Random(5);
        try (Connection connection = DriverManager.getConnection(sourceUrl);
                Statement statement = connection.createStatement()) {
            while (!end.await(20, TimeUnit.MILLISECONDS)) {
                int from = 1 + random.nextInt(ROWS);
                int to = 1 + random.nextInt(ROWS + 500);
                statement.execute(
                        switch (random.nextInt(4)) {
                            case 0 -> "DELETE FROM big WHERE id = " + from;
                            case 1 -> "UPDATE big SET n = n + 1 WHERE id BETWEEN %d AND %d".formatted(from, from + 3);
                            case 2 ->
                                "INSERT INTO big VALUES (%d, 0, 'new') ON CONFLICT (id) DO UPDATE SET n = -1"
                                        .formatted(to);
                            default ->
                                "UPDATE big SET id = %2$d, n = -n WHERE id = %1$d AND NOT EXISTS (SELECT FROM big WHERE id = %2$d)"
                                        .formatted(from, to);
                        });
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
