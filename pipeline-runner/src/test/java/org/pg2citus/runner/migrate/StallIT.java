package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.WatchPolicy;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.MigrationEvent.Alarm;
import org.pg2citus.runner.event.MigrationEvent.CaughtUp;
import org.pg2citus.runner.event.MigrationEvent.Recovered;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Migration.Until;
import org.pg2citus.runner.watch.Status;

/** A target that does not take what comes: it is said in time and with its cause, and the source does not suffer. */
@SuppressWarnings("try") // what is closed may be interrupted, as the test may
class StallIT {

    private static final Duration TOLD_WITHIN = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long BOUNDED_BYTES = 64L << 20;

    @TempDir
    Path directory;

    private String sourceUrl;
    private String targetUrl;
    private MigrationSettings settings;

    @BeforeEach
    void makeDatabases() throws SQLException {
        String from = TestDatabases.create(TestDatabases.source());
        String to = TestDatabases.create(TestDatabases.target());
        sourceUrl = TestDatabases.source().jdbcUrl(from);
        targetUrl = TestDatabases.target().jdbcUrl(to);
        TestDatabases.execute(sourceUrl, "CREATE TABLE notes (id bigint PRIMARY KEY, body text)");
        TestDatabases.execute(targetUrl, "CREATE TABLE notes (id bigint PRIMARY KEY, body text)");
        settings = TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), from),
                TestDatabases.address(TestDatabases.target(), to),
                directory.resolve("data"));
    }

    /** A migration in this process, and what it told. */
    private static final class Running implements AutoCloseable {
        private final EventLog events = new EventLog();
        private final StopSignal stop = new StopSignal();
        private final CompletableFuture<Void> ended;

        Running(MigrationSettings settings) {
            ended = CompletableFuture.runAsync(
                    () -> new Migration(settings, events::add, stop, Until.STOPPED).run(),
                    task -> new Thread(task, "migration").start());
        }

        <T extends MigrationEvent> T await(Class<T> type, Duration within) throws InterruptedException {
            return events.await(type, within, () -> ended.isDone());
        }

        /** The room for WAL, which depends on the machine, may be told of, too. */
        Alarm awaitStall() throws InterruptedException {
            return events.await(
                    Alarm.class, alarm -> alarm.message().startsWith("STALLED: "), TOLD_WITHIN, () -> ended.isDone());
        }

        MigrationException failure() throws InterruptedException {
            ExecutionException e = catchThrowableOfType(
                    ExecutionException.class, () -> ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            return (MigrationException) e.getCause();
        }

        @Override
        public void close() throws Exception {
            stop.request();
            if (!ended.isCompletedExceptionally()) {
                ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }
    }

    private static MigrationSettings with(MigrationSettings plain, WatchPolicy watch) {
        return new MigrationSettings(
                plain.name(),
                plain.dataDir(),
                plain.source(),
                plain.target(),
                plain.slot(),
                plain.publication(),
                plain.tables(),
                plain.copy(),
                plain.kafka(),
                plain.connectUrl(),
                plain.taskRestarts(),
                plain.stopTimeout(),
                watch,
                List.of());
    }

    private static WatchPolicy policy(Optional<Duration> releaseBelow, boolean dryRun) {
        return new WatchPolicy(
                Duration.ofSeconds(5),
                true,
                Duration.ofHours(4),
                Duration.ofHours(1),
                Optional.empty(),
                releaseBelow,
                Optional.empty(),
                Optional.empty(),
                dryRun);
    }

    private long retainedBytes() throws SQLException {
        return Long.parseLong(TestDatabases.query(
                        sourceUrl,
                        "SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots WHERE slot_name = '%s'"
                                .formatted(settings.slot()))
                .get(0));
    }

    @Test
    void targetThatDoesNotTakeIt_isToldWithItsCauseWhileTheSourceKeepsLittle() throws Exception {
        try (Running running = new Running(with(settings, policy(Optional.empty(), false)))) {
            running.await(CaughtUp.class, PATIENCE);

            TestDatabases.execute(targetUrl, "ALTER TABLE notes ALTER body TYPE int USING NULL");
            TestDatabases.execute(sourceUrl, "INSERT INTO notes VALUES (0, 'no number')");
            Alarm alarm = running.awaitStall();

            assertThat(alarm.code()).startsWith("AP");
            assertThat(alarm.message()).contains("notes");
            assertThat(alarm.remedy()).isNotBlank();
            awaitUntil(() -> Status.read(settings).summary(), summary -> summary == Status.Summary.STALLED);

            TestDatabases.execute(
                    sourceUrl,
                    "INSERT INTO notes SELECT i, repeat(md5(i::text), 128) FROM generate_series(1, 30000) i",
                    "CHECKPOINT");
            awaitUntil(this::retainedBytes, bytes -> bytes < BOUNDED_BYTES);

            TestDatabases.execute(targetUrl, "ALTER TABLE notes ALTER body TYPE text");
            running.await(Recovered.class, PATIENCE);
            awaitUntil(
                    () -> TestDatabases.query(targetUrl, "SELECT count(*) FROM notes")
                            .get(0),
                    count -> count.equals("30001"));

            whileALockBlocksIt_itsHolderIsNamed(running);
        }
        Comparison.assertEqual(sourceUrl, targetUrl, "notes");
        TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));
    }

    private void whileALockBlocksIt_itsHolderIsNamed(Running running) throws Exception {
        running.events.clear();
        try (Connection holder = DriverManager.getConnection(targetUrl);
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE notes");
            String pid = TestDatabases.query(
                            targetUrl,
                            "SELECT pid FROM pg_locks WHERE relation = 'notes'::regclass AND mode = 'AccessExclusiveLock'")
                    .get(0);
            TestDatabases.execute(sourceUrl, "INSERT INTO notes VALUES (-1, 'blocked')");

            Alarm alarm = running.awaitStall();

            assertThat(alarm.code()).isEqualTo("WT001");
            assertThat(alarm.remedy()).contains("pg_terminate_backend(%s)".formatted(pid));
            holder.rollback();
        }
        running.await(Recovered.class, PATIENCE);
    }

    @Test
    void runwayThatIsShort_takesTheSlotOnlyWithoutDryRun() throws Exception {
        // So long that any growth is too much.
        Optional<Duration> always = Optional.of(Duration.ofDays(100_000));
        try (Running dry = new Running(with(settings, policy(always, true)));
                AutoCloseable writing = writing()) {
            Alarm alarm = dry.events.await(
                    Alarm.class, told -> told.severity().equals("RELEASE"), PATIENCE, () -> dry.ended.isDone());

            assertThat(alarm.code()).isEqualTo("WT010");
            assertThat(alarm.message()).contains("the policy would drop the slot");
            assertThat(writing).isNotNull();
        }
        assertThat(retainedBytes()).isNotNegative();

        try (Running real = new Running(with(settings, policy(always, false)));
                AutoCloseable writing = writing()) {
            MigrationException failure = real.failure();

            assertThat(failure.code()).isEqualTo("WT011");
            assertThat(failure.exitCode()).isEqualTo(ExitCode.SLOT_LOST);
            assertThat(writing).isNotNull();
        }
        assertThat(TestDatabases.query(
                        sourceUrl,
                        "SELECT slot_name FROM pg_replication_slots WHERE slot_name = '%s'".formatted(settings.slot())))
                .isEmpty();
    }

    /** Writes about a megabyte each tenth of a second, until it is closed. */
    private AutoCloseable writing() {
        StopSignal end = new StopSignal();
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            while (!end.await(Duration.ofMillis(100))) {
                try {
                    TestDatabases.execute(
                            sourceUrl,
                            "INSERT INTO notes SELECT coalesce(max(n.id), 0) + 1, repeat('x', 1000000) FROM notes n");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        return () -> {
            end.request();
            writing.get();
        };
    }

    @FunctionalInterface
    private interface Asking<T> {
        T ask() throws SQLException;
    }

    private static <T> void awaitUntil(Asking<T> asking, Function<T, Boolean> right)
            throws SQLException, InterruptedException {
        T answer = asking.ask();
        for (long tenths = 0; tenths < 10 * PATIENCE.toSeconds() && !right.apply(answer); tenths++) {
            Thread.sleep(100);
            answer = asking.ask();
        }
        assertThat(right.apply(answer)).as("at last: " + answer).isTrue();
    }
}
