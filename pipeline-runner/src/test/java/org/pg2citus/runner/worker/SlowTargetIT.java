package org.pg2citus.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;

/**
 * A target that blocks or is away for longer than Kafka waits for a poll: the consumer stays in its group, and what was
 * under way is applied once.
 */
class SlowTargetIT {

    private static final int POLL_INTERVAL_MS = 6_000;
    private static final int BLOCKED_MS = 9_000;

    @TempDir
    Path directory;

    @Test
    void targetBlockedBeyondThePollInterval_keepsTheConsumerInItsGroup() throws Exception {
        try (PostgresServer target = LocalPostgres.start(Map.of("fsync", "off"))) {
            String url = target.jdbcUrl("postgres");
            TestPipeline.execute(url, TwoTableLoad.schema());
            TestPipeline.execute(url, slowCommits());
            try (TestPipeline pipeline = TestPipeline.start(directory, url, TwoTableLoad.schema());
                    TwoTableLoad load = TwoTableLoad.start(pipeline.sourceUrl(), 1)) {
                Map<String, String> sink = new HashMap<>(pipeline.sinkSettings("sink"));
                sink.put("consumer.override.max.poll.interval.ms", String.valueOf(POLL_INTERVAL_MS));
                try (ConnectWorker worker = pipeline.launch(sink)) {
                    worker.awaitTask("sink", "RUNNING");
                    awaitApplied(pipeline, 1);
                    String member = memberOf(pipeline);

                    lockTable(url);
                    awaitApplied(pipeline, pipeline.transactionsApplied() + 1);
                    assertThat(memberOf(pipeline)).as("after a lock").isEqualTo(member);

                    TestPipeline.execute(url, "UPDATE slow SET commits = 1");
                    Thread.sleep(BLOCKED_MS);
                    TestPipeline.execute(url, "UPDATE slow SET commits = 0");
                    awaitApplied(pipeline, pipeline.transactionsApplied() + 1);
                    assertThat(TestPipeline.value(
                                    url, "SELECT max(took) > interval '%d ms' FROM slept".formatted(BLOCKED_MS - 500)))
                            .as("a COMMIT took longer than the poll interval")
                            .isEqualTo("t");
                    assertThat(memberOf(pipeline)).as("after a slow COMMIT").isEqualTo(member);

                    target.kill();
                    Thread.sleep(BLOCKED_MS);
                    assertThat(memberOf(pipeline))
                            .as("while the target is down")
                            .isEqualTo(member);
                    target.start();
                    long before = pipeline.transactionsApplied();
                    awaitApplied(pipeline, before + 1);
                    assertThat(memberOf(pipeline)).as("after an outage").isEqualTo(member);

                    worker.awaitTask("sink", "RUNNING");
                    load.whilePaused(() -> {
                        pipeline.awaitCaughtUp();
                        pipeline.assertEqual();
                    });
                    assertThat(worker.log()).doesNotContain("poll timeout has expired");
                    worker.kill();
                }
            }
        }
    }

    /** While told to, every COMMIT that wrote accounts sleeps, as it does behind a synchronous standby that is away. */
    private static String[] slowCommits() {
        return new String[] {
            "CREATE TABLE slow (commits int)",
            "INSERT INTO slow VALUES (0)",
            "CREATE TABLE slept (took interval)",
            """
            CREATE FUNCTION sleep_at_commit() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
            BEGIN
              IF (SELECT commits FROM slow) = 1 AND NOT EXISTS (SELECT FROM slept) THEN
                PERFORM pg_sleep(%d / 1000.0);
                INSERT INTO slept VALUES (clock_timestamp() - statement_timestamp());
              END IF;
              RETURN NULL;
            END $$"""
                    .formatted(BLOCKED_MS),
            "CREATE CONSTRAINT TRIGGER sleep_at_commit AFTER INSERT ON history DEFERRABLE INITIALLY DEFERRED"
                    + " FOR EACH ROW EXECUTE FUNCTION sleep_at_commit()",
            // The sink applies under the replica role.
            "ALTER TABLE history ENABLE ALWAYS TRIGGER sleep_at_commit"
        };
    }

    private static void lockTable(String url) throws Exception {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE account");
            Thread.sleep(BLOCKED_MS);
            connection.rollback();
        }
    }

    private static String memberOf(TestPipeline pipeline) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", pipeline.bootstrapServers()))) {
            var members = admin.describeConsumerGroups(List.of("connect-sink"))
                    .all()
                    .get(30, TimeUnit.SECONDS)
                    .get("connect-sink")
                    .members();
            assertThat(members).as("members of the sink's group").hasSize(1);
            return members.iterator().next().consumerId();
        }
    }

    private static void awaitApplied(TestPipeline pipeline, long transactions) throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90); System.nanoTime() < end; ) {
            if (pipeline.transactionsApplied() >= transactions) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError(
                "%d of %d transactions are applied".formatted(pipeline.transactionsApplied(), transactions));
    }
}
