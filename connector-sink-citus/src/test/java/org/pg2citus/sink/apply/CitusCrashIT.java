package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pg2citus.deploy.local.CitusCluster;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.CitusInstallation;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.progress.Progress;

/** Nodes of a cluster of its own are killed while the writer works. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CitusCrashIT {

    private static final int TENANTS = 40;

    private CitusCluster cluster;
    private CitusDatabase database;
    private String table;

    @BeforeAll
    void startCluster() throws Exception {
        Optional<CitusInstallation> installation = CitusInstallation.find();
        if (installation.isEmpty()) {
            System.out.println("SKIPPED, nodes can only be killed in a cluster from an installation with Citus");
            Assumptions.abort("no installation with Citus");
        }
        cluster = CitusCluster.start(
                installation.get(),
                // The writer must not rely on Citus' own recovery to be quick.
                Map.of("fsync", "off", "citus.recover_2pc_interval", "1h", "citus.node_connection_timeout", "5s"));
        database = cluster.createDatabase("crash");
    }

    @AfterAll
    void stopCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @BeforeEach
    void createTable() throws Exception {
        table = TestTarget.unique("t");
        onCoordinator(
                "SET citus.shard_count = 8",
                "CREATE TABLE %s (tenant int, id int)".formatted(table),
                "SELECT create_distributed_table('%s', 'tenant')".formatted(table));
    }

    private void onCoordinator(String... commands) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    private static String value(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    private String value(String query) throws SQLException {
        try (Connection connection = database.connect()) {
            return value(connection, query);
        }
    }

    private TargetWriter open(String pipeline) {
        return TargetWriter.open(
                new TargetSettings(
                        database.jdbcUrl(),
                        "postgres",
                        "",
                        "on",
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30),
                        5,
                        Duration.ofMillis(50),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(60),
                        true),
                pipeline,
                "topic",
                0);
    }

    private Changes rows(int id) {
        Changes rows = Changes.of(table, "", "tenant,id");
        for (int tenant = 1; tenant <= TENANTS; tenant++) {
            rows.insert("" + tenant, "" + id);
        }
        return rows;
    }

    /**
     * The transaction is committed, but a worker died before it was told: its rows are invisible until the recovery. Whoever
     * deletes them meanwhile deletes nothing, and the recovery then brings them back.
     */
    @Test
    void workerKilledBetweenPrepareAndCommit_isWaitedFor_andNothingComesBack() throws Exception {
        PostgresServer lost = cluster.workers().get(0);
        PostgresServer slow = cluster.workers().get(1);
        try (TargetWriter writer = open("prepared")) {
            Progress next = writer.progress().after(new Lsn(10), 10, TENANTS, 1);
            writer.begin();
            writer.write(List.of(rows(1).delta()));
            long slowBackend = backendOf("prepared", slow);
            signal("STOP", slowBackend);
            CompletableFuture<Void> commit = CompletableFuture.runAsync(() -> writer.commit(next));
            waitForPrepared(lost);
            lost.kill();
            signal("CONT", slowBackend);
            commit.get(60, TimeUnit.SECONDS);
            assertThat(writer.progress().appliedLsn()).isEqualTo(new Lsn(10));

            lost.start();
            writer.apply(
                    List.of(Changes.of(table, "", "tenant,id")
                            .truncate()
                            .insert("1", "2")
                            .delta()),
                    writer.progress().after(new Lsn(20), 20, 1, 1));
            assertThat(writer.metrics().inDoubtWaits()).isPositive();
            onCoordinator("SELECT recover_prepared_transactions()");
            assertThat(value("SELECT string_agg(tenant || ':' || id, ',') FROM " + table))
                    .isEqualTo("1:2");
        }
    }

    /** The same, with the worker back soon enough for the commit to wait for it. */
    @Test
    void workerBackDuringTheCommit_hasItsRowsWhenTheCallReturns() throws Exception {
        PostgresServer lost = cluster.workers().get(1);
        PostgresServer slow = cluster.workers().get(0);
        try (TargetWriter writer = open("back")) {
            Progress next = writer.progress().after(new Lsn(10), 10, TENANTS, 1);
            writer.begin();
            writer.write(List.of(rows(1).delta()));
            long slowBackend = backendOf("back", slow);
            signal("STOP", slowBackend);
            CompletableFuture<Void> commit = CompletableFuture.runAsync(() -> writer.commit(next));
            waitForPrepared(lost);
            lost.kill();
            lost.start();
            signal("CONT", slowBackend);
            commit.get(60, TimeUnit.SECONDS);
            assertThat(value("SELECT count(*) FROM " + table)).isEqualTo("" + TENANTS);
            assertThat(writer.metrics().inDoubtWaits()).isEqualTo(1);
        }
    }

    /** The progress is written on the coordinator, the row on one worker: without two phases it would be lost with it. */
    @Test
    void coordinatorKilledWhileItCommits_leavesRowsAndProgressAlike() throws Exception {
        PostgresServer coordinator = cluster.coordinator();
        try (TargetWriter writer = open("one")) {
            for (int id = 1; id <= 5; id++) {
                Progress next = writer.progress().after(new Lsn(id), id, 1, 1);
                CompletableFuture<Void> killed = CompletableFuture.runAsync(
                        () -> {
                            coordinator.kill();
                            coordinator.start();
                        },
                        CompletableFuture.delayedExecutor(2L * id, TimeUnit.MILLISECONDS));
                Changes row = Changes.of(table, "", "tenant,id").insert("1", "" + id);
                untilApplied(() -> writer.apply(List.of(row.delta()), next));
                killed.get(60, TimeUnit.SECONDS);
                untilApplied(writer::refresh);
                assertThat(value("SELECT string_agg(id::text, ',' ORDER BY id) FROM " + table))
                        .isEqualTo("1,2,3,4,5".substring(0, id * 2 - 1));
            }
        }
    }

    /** Any node, at any time: each batch is there once in the end. */
    @Test
    void nodesKilledAtRandom_everyBatchIsThereOnce() throws Exception {
        Random random = new Random(7);
        int batches = 0;
        try (TargetWriter writer = open("chaos")) {
            AtomicBoolean over = new AtomicBoolean();
            CompletableFuture<Void> chaos = CompletableFuture.runAsync(() -> {
                for (int round = 0; round < 8; round++) {
                    int node = random.nextInt(3);
                    PostgresServer server = node == 0
                            ? cluster.coordinator()
                            : cluster.workers().get(node - 1);
                    sleep(100 + random.nextInt(400));
                    server.kill();
                    sleep(random.nextInt(300));
                    server.start();
                }
                over.set(true);
            });
            while (!over.get()) {
                batches++;
                Changes rows = rows(batches);
                Progress next = writer.progress().after(new Lsn(batches), batches, TENANTS, 1);
                untilApplied(() -> writer.apply(List.of(rows.delta()), next));
            }
            chaos.get(60, TimeUnit.SECONDS);
            untilApplied(writer::refresh);
            assertThat(writer.progress().appliedLsn()).isEqualTo(new Lsn(batches));
        }
        onCoordinator("SELECT recover_prepared_transactions()");
        assertThat(value("SELECT count(*) || ' ' || count(DISTINCT (tenant, id)) FROM " + table))
                .isEqualTo("%d %d".formatted(batches * TENANTS, batches * TENANTS));
        System.out.println("applied " + batches + " batches while nodes were killed");
    }

    private static void untilApplied(Runnable call) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                call.run();
                return;
            } catch (RetryLaterException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    /** The worker's process that serves this pipeline's session. */
    private long backendOf(String pipeline, PostgresServer worker) throws SQLException {
        String session = value(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'pg2citus sink %s'".formatted(pipeline));
        try (Connection connection = worker.connect(database.name())) {
            return Long.parseLong(value(
                    connection,
                    "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'citus_internal gpid=%%%s'"
                            .formatted("0".repeat(10 - session.length()) + session)));
        }
    }

    private void waitForPrepared(PostgresServer worker) throws SQLException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        try (Connection connection = worker.connect(database.name())) {
            while (value(connection, "SELECT count(*) FROM pg_prepared_xacts").equals("0")) {
                assertThat(System.nanoTime()).as("the worker prepares").isLessThan(deadline);
                sleep(5);
            }
        }
    }

    private static void signal(String name, long pid) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start();
        assertThat(kill.waitFor()).isZero();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
