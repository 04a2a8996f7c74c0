package org.pg2citus.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;

/** The sink is paused, stopped, restarted, given other settings and replaced while it applies: nothing in the result changes. */
class SinkRestartIT {

    /** {@code -Dpg2citus.restarts=50} for the long run. */
    private static final int RESTARTS = Integer.getInteger("pg2citus.restarts", 8);

    private static final long SEED = Long.getLong("pg2citus.seed", 1);

    @TempDir
    Path directory;

    @Test
    void restartsOfEveryKind_loseAndDoubleNothing_andAFrozenWorkerIsFenced() throws Exception {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            TestPipeline.execute(citus.jdbcUrl(), TwoTableLoad.schema());
            TestPipeline.execute(citus.jdbcUrl(), TwoTableLoad.distribution());
            try (TestPipeline pipeline = TestPipeline.start(directory, citus.jdbcUrl(), TwoTableLoad.schema());
                    TwoTableLoad load = TwoTableLoad.start(pipeline.sourceUrl(), SEED)) {
                restart(pipeline, load);
                freeze(pipeline, load);
            }
        }
    }

    private static void restart(TestPipeline pipeline, TwoTableLoad load) throws Exception {
        Random random = new Random(SEED);
        Map<String, String> sink = new HashMap<>(pipeline.sinkSettings("sink"));
        int[] done = new int[5];
        try (ConnectWorker worker = pipeline.launch(sink)) {
            worker.awaitTask("sink", "RUNNING");
            for (int i = 0; i < RESTARTS; i++) {
                Thread.sleep(random.nextInt(1_500));
                int kind = i % done.length;
                done[kind]++;
                switch (kind) {
                    case 0 -> {
                        worker.request("PUT", "/connectors/sink/pause", "");
                        Thread.sleep(random.nextInt(500));
                        worker.request("PUT", "/connectors/sink/resume", "");
                    }
                    case 1 -> worker.request("POST", "/connectors/sink/tasks/0/restart", "");
                    case 2 -> worker.request("POST", "/connectors/sink/restart?includeTasks=true", "");
                    case 3 -> {
                        sink.put("batch.max.rows", String.valueOf(100 + random.nextInt(500)));
                        worker.put("sink", sink);
                    }
                    default -> {
                        worker.request("PUT", "/connectors/sink/stop", "");
                        worker.request("PUT", "/connectors/sink/resume", "");
                    }
                }
                worker.awaitTask("sink", "RUNNING");
            }
            load.whilePaused(() -> {
                pipeline.awaitCaughtUp();
                pipeline.assertEqual();
            });
            assertThat(worker.log())
                    .as("no rows were applied by a task that was stopped")
                    .doesNotContain("AP007");
            System.out.printf(
                    "%d restarts (%d pauses, %d of the task, %d of both, %d changed settings, %d stops), %d transactions: equal, %s%n",
                    RESTARTS,
                    done[0],
                    done[1],
                    done[2],
                    done[3],
                    done[4],
                    load.transactions(),
                    TwoTableLoad.digests(pipeline.targetUrl()));
            worker.kill();
        }
    }

    /** The worker does not know that it was away: when it goes on, another has its place. */
    private static void freeze(TestPipeline pipeline, TwoTableLoad load) throws Exception {
        try (ConnectWorker zombie = pipeline.launch(pipeline.sinkSettings("zombie"))) {
            zombie.awaitTask("zombie", "RUNNING");
            awaitProgress(pipeline);
            zombie.signal("STOP");
            try (ConnectWorker heir = pipeline.launch(pipeline.sinkSettings("heir"))) {
                // Refused while the frozen one's session lives, and nothing can tell that it will not wake up.
                heir.awaitLog("is being applied by another connector now");
                TestPipeline.execute(
                        pipeline.targetUrl(),
                        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'pg2citus sink %s'"
                                .formatted(TestPipeline.PIPELINE));
                heir.put("heir", pipeline.sinkSettings("heir"));
                heir.awaitTask("heir", "RUNNING");
                awaitProgress(pipeline);
                zombie.signal("CONT");
                String trace = awaitFailure(zombie);
                assertThat(trace).contains("AP007").contains("another task has taken over pipeline soak");
                awaitProgress(pipeline);
                load.whilePaused(() -> {
                    pipeline.awaitCaughtUp();
                    pipeline.assertEqual();
                });
                System.out.printf(
                        "a frozen worker woke up behind another: fenced, %d transactions: equal, %s%n",
                        load.transactions(), TwoTableLoad.digests(pipeline.targetUrl()));
                heir.kill();
            }
            zombie.kill();
        }
    }

    private static String awaitFailure(ConnectWorker worker) throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90); System.nanoTime() < end; ) {
            var task = worker.task("zombie");
            if (task.path("state").asText().equals("FAILED")) {
                return task.path("trace").asText();
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the frozen worker's task does not fail:\n" + worker.log());
    }

    private static void awaitProgress(TestPipeline pipeline) throws Exception {
        long before = pipeline.transactionsApplied();
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90); System.nanoTime() < end; ) {
            if (pipeline.transactionsApplied() > before) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("nothing is applied");
    }
}
