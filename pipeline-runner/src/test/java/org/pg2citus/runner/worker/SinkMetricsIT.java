package org.pg2citus.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.runner.stream.ConnectClient;

/** The sink's bean on the platform's server, while a real worker of this process applies to real Citus. */
class SinkMetricsIT {

    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

    @TempDir
    Path directory;

    private final ObjectName bean;

    SinkMetricsIT() throws Exception {
        bean = new ObjectName(
                "pg2citus.sink:type=connector-metrics,context=sink,server=" + TestPipeline.PIPELINE + ",task=0");
    }

    @Test
    void bean_tellsWhatIsApplied_andComesAndGoesWithTheTask() throws Exception {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason))) {
            TestPipeline.execute(citus.jdbcUrl(), TwoTableLoad.schema());
            TestPipeline.execute(citus.jdbcUrl(), TwoTableLoad.distribution());
            try (TestPipeline pipeline = TestPipeline.start(directory, citus.jdbcUrl(), TwoTableLoad.schema())) {
                ConnectClient connect = new ConnectClient(pipeline.captureUrl());
                Map<String, String> sink = new HashMap<>(pipeline.sinkSettings("sink"));
                sink.put("value.converter.schemas.enable", "false");
                sink.put("key.converter.schemas.enable", "false");
                connect.put("sink", sink);
                long transactions;
                try (TwoTableLoad load = TwoTableLoad.start(pipeline.sourceUrl(), 1)) {
                    await("RowsPerSecond", value -> (double) value > 0);
                    await("TransactionsPerSecond", value -> (double) value > 0);
                    await("NumberOfTransactions", value -> (long) value > 100);
                    transactions = load.transactions();
                    hold(citus.jdbcUrl(), "applied_lsn");
                    await("Holding", value -> (boolean) value);
                    await("LagBytes", value -> (long) value > 0);
                    await("MilliSecondsBehindSource", value -> (long) value > 1_000);
                    hold(citus.jdbcUrl(), "NULL");
                    await("Holding", value -> !(boolean) value);
                }
                pipeline.awaitCaughtUp();
                await("MilliSecondsBehindSource", value -> (long) value == 0);
                await("LagBytes", value -> (long) value == 0);
                assertThat(attribute("AppliedLsn"))
                        .isEqualTo(TestPipeline.value(citus.jdbcUrl(), "SELECT applied_lsn FROM pg2citus.progress"));
                assertThat((long) attribute("NumberOfTransactions"))
                        .isEqualTo(pipeline.transactionsApplied())
                        .isGreaterThanOrEqualTo(transactions);
                assertThat((long) attribute("NumberOfRowsInserted")).isPositive();
                assertThat((long) attribute("LastCommitMilliSeconds")).isNotNegative();
                assertThat((long) attribute("MaxCommitMilliSeconds")).isPositive();
                assertThat((long) attribute("NumberOfDivergences")).isZero();
                assertThat((boolean) attribute("TargetUnavailable")).isFalse();
                pipeline.assertEqual();

                // With another setting the task is another one, and so is its bean.
                sink.put("batch.max.rows", "1000");
                connect.put("sink", sink);
                awaitRegistered(true);
                await("NumberOfTransactions", value -> (long) value == 0);
                assertThat(attribute("AppliedLsn"))
                        .isEqualTo(TestPipeline.value(citus.jdbcUrl(), "SELECT applied_lsn FROM pg2citus.progress"));
                connect.delete("sink");
                awaitRegistered(false);
            }
        }
    }

    private static void hold(String url, String lsn) throws Exception {
        TestPipeline.execute(url, "UPDATE pg2citus.progress SET hold_at_lsn = " + lsn);
    }

    private Object attribute(String name) throws Exception {
        return SERVER.getAttribute(bean, name);
    }

    private interface Condition {
        boolean holds(Object value);
    }

    private void await(String attribute, Condition condition) throws Exception {
        Object last = null;
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120); System.nanoTime() < end; ) {
            if (SERVER.isRegistered(bean)) {
                last = attribute(attribute);
                if (condition.holds(last)) {
                    return;
                }
            }
            Thread.sleep(50);
        }
        throw new AssertionError(attribute + " is " + last);
    }

    private void awaitRegistered(boolean expected) throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); System.nanoTime() < end; ) {
            if (SERVER.isRegistered(bean) == expected) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("registered is not " + expected);
    }
}
