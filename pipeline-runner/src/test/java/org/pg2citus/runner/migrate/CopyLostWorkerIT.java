package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.runner.config.CopySettings;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.migrate.Migration.Until;

/** Citus' coordinator loses its workers while it copies: the run goes on in the same snapshot, and nothing is doubled. */
class CopyLostWorkerIT {

    private static final String TABLE = "CREATE TABLE big (id bigint PRIMARY KEY, n int, filler text)";

    @TempDir
    Path directory;

    private final List<String> notices = new CopyOnWriteArrayList<>();

    @Test
    void workersLostWhileCopying_chunksAreCopiedOnceOverNewConnections() throws Exception {
        String database = TestDatabases.create(TestDatabases.source());
        String sourceUrl = TestDatabases.source().jdbcUrl(database);
        TestDatabases.execute(
                sourceUrl,
                TABLE,
                "INSERT INTO big SELECT i, i, repeat('x', 700) FROM generate_series(1, 40000) i",
                "ANALYZE");
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            TestDatabases.execute(citus.jdbcUrl(), TABLE, "SELECT create_distributed_table('big', 'id')");
            MigrationSettings settings = TestDatabases.copying(
                    TestDatabases.settings(
                            TestDatabases.address(TestDatabases.source(), database),
                            TestDatabases.address(citus.jdbcUrl()),
                            directory.resolve("data")),
                    new CopySettings(2, 1, false, false));
            CompletableFuture<Void> lost = new CompletableFuture<>();

            new Migration(
                            settings,
                            event -> {
                                if (event instanceof Notice notice) {
                                    notices.add(notice.text());
                                } else if (event instanceof StepStarted step
                                        && step.step().startsWith("copying ")) {
                                    new Thread(() -> loseWorkers(citus.jdbcUrl(), lost)).start();
                                }
                            },
                            new StopSignal(),
                            Until.CAUGHT_UP)
                    .run();

            lost.get(60, TimeUnit.SECONDS);
            assertThat(notices).anyMatch(notice -> notice.startsWith("copying table public.big, part "));
            assertThat(TestDatabases.query(
                            citus.jdbcUrl(), "SELECT count(DISTINCT copy_lsn) FROM pg2citus.copied_chunk"))
                    .containsExactly("1");
            Comparison.assertEqual(sourceUrl, citus.jdbcUrl(), "big");
            TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));
        }
    }

    /** Until a part of the copy has noticed: between two statements the coordinator has no connection to lose. */
    private void loseWorkers(String citusUrl, CompletableFuture<Void> lost) {
        try {
            while (TestDatabases.query(citusUrl, "SELECT 1 FROM pg2citus.copied_chunk")
                    .isEmpty()) {
                Thread.sleep(20);
            }
            for (int i = 0; i < 200 && notices.isEmpty(); i++) {
                TestDatabases.query(
                        citusUrl,
                        "SELECT run_command_on_workers($$SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND query LIKE 'COPY public.big%'$$)");
                Thread.sleep(20);
            }
            lost.complete(null);
        } catch (SQLException e) {
            lost.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
