package org.pg2citus.runner.worker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;

/**
 * A worker is killed again and again while its sinks apply to real Citus: each target ends equal to the source, row for
 * row.
 */
class SinkKillIT {

    /** {@code -Dpg2citus.kills=200} for the long run. */
    private static final int KILLS = Integer.getInteger("pg2citus.kills", 3);

    /** Sinks of one worker, each with a pipeline and a target of its own: each kill then hits as many sinks. */
    private static final int SINKS = Integer.getInteger("pg2citus.sinks", 1);

    private static final int KILLS_PER_COMPARISON = Integer.getInteger("pg2citus.kills.per.comparison", 10);
    private static final long SEED = Long.getLong("pg2citus.seed", 1);
    private static final int LONGEST_LIFE_MS = 2_500;

    /** Citus makes the progress table at the first start, which takes long on a busy machine. */
    private static final int LONGEST_WAIT_S = 300;

    @TempDir
    Path directory;

    @Test
    void killedWorkers_loseAndDoubleNothing() throws Exception {
        List<CitusDatabase> databases = new ArrayList<>();
        try {
            for (int i = 0; i < SINKS; i++) {
                CitusDatabase database = TestCitus.database(reason -> Assumptions.abort(reason));
                databases.add(database);
                TestPipeline.execute(database.jdbcUrl(), TwoTableLoad.schema());
                TestPipeline.execute(database.jdbcUrl(), TwoTableLoad.distribution());
            }
            List<String> targets =
                    databases.stream().map(CitusDatabase::jdbcUrl).toList();
            try (TestPipeline pipeline = TestPipeline.start(directory, targets.get(0), TwoTableLoad.schema());
                    TwoTableLoad load = TwoTableLoad.start(pipeline.sourceUrl(), SEED)) {
                kill(pipeline, targets, load);
            }
        } finally {
            for (CitusDatabase database : databases) {
                database.close();
            }
        }
    }

    private static void kill(TestPipeline pipeline, List<String> targets, TwoTableLoad load) throws Exception {
        Random random = new Random(SEED);
        List<Map<String, String>> sinks = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            Map<String, String> sink = new HashMap<>(pipeline.sinkSettings("sink" + i));
            sink.put("pipeline", "soak" + i);
            sink.put("connection.url", targets.get(i));
            // The next worker takes over at once, instead of waiting until Kafka misses the dead one.
            sink.put("consumer.override.group.instance.id", "sink" + i);
            sinks.add(sink);
        }
        int applying = 0;
        int beforeApplying = 0;
        for (int done = 1; done <= KILLS; done++) {
            List<Long> before = applied(targets);
            try (ConnectWorker worker = pipeline.launch(sinks)) {
                // Some die before they have begun.
                if (random.nextInt(10) == 0) {
                    Thread.sleep(random.nextInt(4_000));
                } else {
                    awaitRunning(worker, sinks);
                    awaitApplying(worker, targets, before, random.nextInt(targets.size()));
                    Thread.sleep(random.nextInt(LONGEST_LIFE_MS));
                }
                worker.kill();
            }
            List<Long> after = applied(targets);
            for (int i = 0; i < before.size(); i++) {
                if (after.get(i) > before.get(i)) {
                    applying++;
                } else {
                    beforeApplying++;
                }
            }
            if (done % KILLS_PER_COMPARISON == 0 || done == KILLS) {
                int kills = done * sinks.size();
                load.whilePaused(() -> compare(pipeline, targets, sinks, kills, load.transactions()));
            }
        }
        System.out.printf(
                "%d kills of a sink: %d that had applied something, %d that had not yet%n",
                applying + beforeApplying, applying, beforeApplying);
    }

    private static void awaitRunning(ConnectWorker worker, List<Map<String, String>> sinks) throws Exception {
        for (Map<String, String> sink : sinks) {
            worker.awaitTask(sink.get("name"), "RUNNING");
        }
    }

    /** Waits for one of them; the others are anywhere. */
    private static void awaitApplying(ConnectWorker worker, List<String> targets, List<Long> before, int sink)
            throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_WAIT_S);
                TestPipeline.transactionsApplied(targets.get(sink)) <= before.get(sink); ) {
            if (System.nanoTime() > end) {
                throw new AssertionError("nothing is applied to " + targets.get(sink) + "\n" + worker.log());
            }
            Thread.sleep(20);
        }
    }

    private static List<Long> applied(List<String> targets) throws Exception {
        List<Long> applied = new ArrayList<>();
        for (String target : targets) {
            applied.add(TestPipeline.transactionsApplied(target));
        }
        return applied;
    }

    private static void compare(
            TestPipeline pipeline, List<String> targets, List<Map<String, String>> sinks, int kills, long transactions)
            throws Exception {
        try (ConnectWorker worker = pipeline.launch(sinks)) {
            awaitRunning(worker, sinks);
            for (String target : targets) {
                pipeline.awaitCaughtUp(target);
                pipeline.assertEqual(target);
            }
            System.out.printf(
                    "after %d kills and %d transactions: equal, %s%n",
                    kills, transactions, TwoTableLoad.digests(pipeline.sourceUrl()));
            worker.kill();
        }
    }
}
