package org.pg2citus.runner.migrate;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.pg2citus.runner.config.CopySettings;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.MigrationEvent.SlotReady;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.migrate.Migration.Until;

/**
 * The copy's rate beside as many pipes {@code psql COPY | psql COPY} as it has jobs, and beside {@code pgcopydb clone}, in
 * one run and in turns. Not a test: run it on a quiet machine with the JDBC URLs, user included, of a source that {@code
 * pgbench -i -s 100} has filled and of a target, plain or a Citus coordinator; the third argument is how often, the fourth,
 * if given, for which numbers of jobs. {@code psql} and, for a plain target, {@code pgcopydb} are on the path. The target's
 * database is emptied.
 *
 * <p>The pipes and our copy write into tables with their primary keys; pgcopydb builds these after the copy. Our time is
 * that from the slot to the last row, dividing the tables and the ledger included.
 */
final class CopyBenchmark {

    private static final String JOBS = "1,2,4";

    private static final List<String> TABLES =
            List.of("pgbench_branches", "pgbench_tellers", "pgbench_accounts", "pgbench_history");

    private static final String[] SCHEMA = {
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "DROP SCHEMA IF EXISTS pg2citus CASCADE",
        "CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88))",
        "CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84))",
        "CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))",
        "CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))"
    };

    private final String source;
    private final String target;
    private final boolean citus;
    private final List<Integer> jobs;
    private final Path directory;
    private final Map<String, List<Double>> seconds = new TreeMap<>();
    private long peakHeapBytes;
    private int runs;

    private CopyBenchmark(String source, String target, List<Integer> jobs, Path directory) throws SQLException {
        this.source = source;
        this.target = target;
        this.jobs = jobs;
        this.directory = directory;
        this.citus = !TestDatabases.query(target, "SELECT 1 FROM pg_extension WHERE extname = 'citus'")
                .isEmpty();
    }

    /** Source, target, how often, numbers of jobs. */
    public static void main(String[] arguments) throws Exception {
        List<Integer> jobs = Stream.of((arguments.length > 3 ? arguments[3] : JOBS).split(",", -1))
                .map(Integer::valueOf)
                .toList();
        CopyBenchmark benchmark =
                new CopyBenchmark(arguments[0], arguments[1], jobs, Files.createTempDirectory("copy-benchmark"));
        TestDatabases.execute(arguments[0], "ALTER TABLE pgbench_history REPLICA IDENTITY FULL");
        for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
            for (int count : jobs) {
                benchmark.measure(count);
            }
        }
        benchmark.report();
        // Kafka's threads would keep the process.
        System.exit(0);
    }

    private void measure(int count) throws Exception {
        emptyTarget();
        // On Citus the measure is one COPY through the coordinator, however many jobs we have.
        took(count + " jobs, pipes", pipes(citus ? 1 : count));
        emptyTarget();
        took(count + " jobs, pg2citus", pg2citus(count));
        if (!citus) {
            TestDatabases.execute(target, "DROP SCHEMA IF EXISTS pg2citus CASCADE", "DROP SCHEMA public CASCADE");
            TestDatabases.execute(target, "CREATE SCHEMA public");
            took(count + " jobs, pgcopydb clone", pgcopydb(count));
        }
    }

    private void emptyTarget() throws SQLException {
        if (citus) {
            TestDatabases.execute(
                    target,
                    "DROP TABLE IF EXISTS pgbench_branches, pgbench_tellers, pgbench_accounts, pgbench_history",
                    "DROP SCHEMA IF EXISTS pg2citus CASCADE",
                    SCHEMA[3],
                    SCHEMA[4],
                    SCHEMA[5],
                    SCHEMA[6],
                    "SELECT create_distributed_table('pgbench_branches', 'bid')",
                    "SELECT create_distributed_table('pgbench_tellers', 'tid')",
                    "SELECT create_distributed_table('pgbench_accounts', 'aid')",
                    "SELECT create_distributed_table('pgbench_history', 'aid')",
                    "CHECKPOINT");
        } else {
            TestDatabases.execute(target, SCHEMA);
            TestDatabases.execute(target, "CHECKPOINT");
        }
    }

    private Duration pipes(int count) throws Exception {
        long accounts = Long.parseLong(TestDatabases.query(source, "SELECT max(aid) FROM pgbench_accounts")
                .get(0));
        List<String> commands = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String rows = count == 1
                    ? "pgbench_accounts"
                    : "(SELECT * FROM pgbench_accounts WHERE aid > %d AND aid <= %d)"
                            .formatted(accounts * i / count, accounts * (i + 1) / count);
            commands.add(pipe(rows, "pgbench_accounts"));
        }
        StringBuilder script = new StringBuilder("set -e -o pipefail\n");
        for (String table : TABLES) {
            if (!table.equals("pgbench_accounts")) {
                script.append(pipe(table, table)).append('\n');
            }
        }
        // $! and not the jobs' list: bash forgets a job of that when it ends before it is waited for.
        commands.forEach(command -> script.append(command).append(" &\npipes=\"$pipes $!\"\n"));
        script.append("for pipe in $pipes; do wait $pipe; done\n");
        return shell(script.toString());
    }

    private String pipe(String rows, String table) {
        return "psql -X -q -d '%s' -c \"COPY %s TO STDOUT\" | psql -X -q -d '%s' -c \"COPY %s FROM STDIN\""
                .formatted(uri(source), rows, uri(target), table);
    }

    private Duration pgcopydb(int jobs) throws Exception {
        return shell(
                "pgcopydb clone --source '%s' --target '%s' --dir '%s' --table-jobs %d --index-jobs %d --split-tables-larger-than 128MB --no-owner --no-acl --skip-extensions > '%s' 2>&1"
                        .formatted(
                                uri(source),
                                uri(target),
                                directory.resolve("pgcopydb" + runs++),
                                jobs,
                                jobs,
                                directory.resolve("pgcopydb.log")));
    }

    private static Duration shell(String script) throws IOException, InterruptedException {
        long started = System.nanoTime();
        Process process = new ProcessBuilder("bash", "-c", script).inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("failed: " + script);
        }
        return Duration.ofNanos(System.nanoTime() - started);
    }

    private Duration pg2citus(int jobs) throws Exception {
        MigrationSettings settings = TestDatabases.copying(
                TestDatabases.settings(
                        TestDatabases.address(source),
                        TestDatabases.address(target),
                        directory.resolve("data" + runs++)),
                CopySettings.ofJobs(jobs));
        StopSignal stop = new StopSignal();
        long[] at = new long[2];
        new Migration(settings, event -> listen(event, at, stop), stop, Until.STOPPED).run();
        TestDatabases.execute(
                source,
                "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()),
                "DROP PUBLICATION " + settings.publication());
        return Duration.ofNanos(at[1] - at[0]);
    }

    private void listen(MigrationEvent event, long[] at, StopSignal stop) {
        if (event instanceof SlotReady) {
            at[0] = System.nanoTime();
        } else if (event instanceof StepStarted step && step.step().equals("applying changes")) {
            at[1] = System.nanoTime();
            stop.request();
        } else if (event instanceof CopyProgressed) {
            peakHeapBytes = Math.max(peakHeapBytes, heapAfterCollection());
        }
    }

    /** What was in use when the collector had done its work: what the program needs, not what it may take. */
    private static long heapAfterCollection() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getCollectionUsage)
                .flatMap(usage -> Optional.ofNullable(usage).stream())
                .mapToLong(usage -> usage.getUsed())
                .sum();
    }

    private void took(String what, Duration time) {
        System.out.printf(Locale.ROOT, "%s: %.1f s%n", what, time.toMillis() / 1e3);
        seconds.computeIfAbsent(what, name -> new ArrayList<>()).add(time.toMillis() / 1e3);
    }

    private void report() throws SQLException {
        double megabytes = Long.parseLong(TestDatabases.query(
                                source,
                                "SELECT sum(pg_table_size(oid)) FROM pg_class WHERE relname LIKE 'pgbench%' AND relkind = 'r'")
                        .get(0))
                / 1e6;
        System.out.printf(Locale.ROOT, "%s, %.0f MB, medians:%n", citus ? "Citus" : "plain PostgreSQL", megabytes);
        for (int count : jobs) {
            double pipes = median(count + " jobs, pipes");
            double ours = median(count + " jobs, pg2citus");
            System.out.printf(
                    Locale.ROOT,
                    "%d jobs: pipes %.1f s, pg2citus %.1f s (%.0f MB/s), rate %.2f of the pipes'%s%n",
                    count,
                    pipes,
                    ours,
                    megabytes / ours,
                    pipes / ours,
                    citus ? "" : ", pgcopydb clone %.1f s".formatted(median(count + " jobs, pgcopydb clone")));
        }
        System.out.printf(Locale.ROOT, "heap in use after collections: at most %.0f MB%n", peakHeapBytes / 1e6);
    }

    private double median(String what) {
        List<Double> sorted = seconds.get(what).stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private static String uri(String jdbcUrl) {
        ServerAddress server = TestDatabases.address(jdbcUrl);
        return "postgresql://%s@%s:%d/%s".formatted(server.user(), server.host(), server.port(), server.database());
    }
}
