package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Migration.Until;
import org.pg2citus.sink.change.Lsn;

/** A copy that ended half-way goes on: finished tables stay, the rest comes from a newer snapshot, nothing doubles. */
class CopyResumeIT {

    @TempDir
    Path dataDir;

    private String sourceUrl;
    private String targetUrl;
    private MigrationSettings settings;
    private final List<String> copied = new CopyOnWriteArrayList<>();

    @BeforeEach
    void makeDatabases() throws SQLException {
        String from = TestDatabases.create(TestDatabases.source());
        String to = TestDatabases.create(TestDatabases.target());
        sourceUrl = TestDatabases.source().jdbcUrl(from);
        targetUrl = TestDatabases.target().jdbcUrl(to);
        settings = TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), from),
                TestDatabases.address(TestDatabases.target(), to),
                dataDir);
        for (String url : new String[] {sourceUrl, targetUrl}) {
            TestDatabases.execute(
                    url,
                    "CREATE TABLE first (id int PRIMARY KEY, v text)",
                    "CREATE TABLE second (id int PRIMARY KEY, first_id int NOT NULL REFERENCES first, v text)",
                    "CREATE TABLE keyless (v text)",
                    "ALTER TABLE keyless REPLICA IDENTITY FULL",
                    "CREATE TABLE parts (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                    "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-07-01')",
                    "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2026-07-01') TO ('2027-01-01')",
                    "CREATE TABLE \"Odd \"\"Name\"\"\" (\"Key\" int PRIMARY KEY, n numeric, \"double\" int"
                            + " GENERATED ALWAYS AS (\"Key\" * 2) STORED)");
        }
        TestDatabases.execute(
                sourceUrl,
                "INSERT INTO first SELECT i, E'tab\\t newline\\n backslash \\\\ ' || i FROM generate_series(1, 20000) i",
                "INSERT INTO second SELECT i, i, NULL FROM generate_series(1, 500) i",
                "INSERT INTO keyless SELECT 'same' FROM generate_series(1, 50)",
                "INSERT INTO parts SELECT i, date '2026-01-01' + i % 360, 'x' FROM generate_series(1, 1000) i",
                "INSERT INTO \"Odd \"\"Name\"\"\" VALUES (1, 'NaN'), (2, 1e100), (3, NULL)",
                "ANALYZE");
    }

    private void run() {
        new Migration(settings, this::remember, new StopSignal(), Until.CAUGHT_UP).run();
    }

    private void remember(MigrationEvent event) {
        if (event instanceof MigrationEvent.TableCopied table) {
            copied.add(table.table().name());
        }
    }

    @Test
    void copyEndedByAnError_continuesWithTheRestUnderWrites() throws SQLException {
        // The target does not take one row of table second.
        TestDatabases.execute(targetUrl, "ALTER TABLE second ADD CONSTRAINT small CHECK (id < 400)");

        MigrationException failure = catchThrowableOfType(MigrationException.class, this::run);

        assertThat(failure.exitCode()).isEqualTo(ExitCode.TARGET);
        assertThat(failure.code()).isEqualTo("CP001");
        assertThat(failure).hasMessageContaining("public.second").hasMessageContaining("23514");
        assertThat(TestDatabases.query(targetUrl, "SELECT count(*) FROM second"))
                .containsExactly("0");
        List<String> done = List.copyOf(copied);
        assertThat(done).contains("first").doesNotContain("second");

        // Changes of finished and of unfinished tables, some in one transaction, between the two snapshots.
        TestDatabases.execute(
                sourceUrl,
                "UPDATE first SET v = 'changed' WHERE id % 7 = 0",
                "WITH f AS (INSERT INTO first VALUES (20001, 'new') RETURNING id) INSERT INTO second SELECT 501, 1, 'new' FROM f",
                "INSERT INTO second VALUES (502, 20001, 'refers to a row that the older copy has not')",
                "DELETE FROM second WHERE id = 10",
                "DELETE FROM first WHERE id = 19999",
                "INSERT INTO keyless SELECT 'same' FROM generate_series(1, 5)",
                "DELETE FROM keyless WHERE ctid IN (SELECT ctid FROM keyless LIMIT 3)",
                "UPDATE parts SET day = '2026-12-24' WHERE id = 5");
        TestDatabases.execute(targetUrl, "ALTER TABLE second DROP CONSTRAINT small");
        copied.clear();

        run();

        assertThat(copied).contains("second").doesNotContainAnyElementsOf(done);
        Comparison.assertEqual(sourceUrl, targetUrl, "first", "second", "keyless", "parts", "\"Odd \"\"Name\"\"\"");
        TestDatabases.execute(sourceUrl, "INSERT INTO second VALUES (503, 1, 'later')", "TRUNCATE keyless");

        run();

        Comparison.assertEqual(sourceUrl, targetUrl, "first", "second", "keyless", "parts", "\"Odd \"\"Name\"\"\"");
        removeSlot();
    }

    @Test
    void lostDataFolder_isFatalOnlyWhereChangesWereInIt() throws SQLException, IOException {
        runUntilAllIsApplied();
        remove(dataDir);

        // All that the topic held is applied: nothing is lost.
        run();
        TestDatabases.execute(sourceUrl, "UPDATE first SET v = 'after the loss'");
        run();
        Comparison.assertEqual(sourceUrl, targetUrl, "first", "second");

        // As if the source had been told that later changes are safe, in a topic that is gone.
        remove(dataDir);
        TestDatabases.execute(
                sourceUrl,
                "UPDATE first SET v = 'in the lost topic only'",
                "SELECT pg_replication_slot_advance('%s', pg_current_wal_lsn())".formatted(settings.slot()));

        MigrationException lost = catchThrowableOfType(MigrationException.class, this::run);

        assertThat(lost.exitCode()).isEqualTo(ExitCode.SLOT_LOST);
        assertThat(lost.code()).isEqualTo("SL004");

        removeSlot();
        MigrationException gone = catchThrowableOfType(MigrationException.class, this::run);

        assertThat(gone.exitCode()).isEqualTo(ExitCode.SLOT_LOST);
        assertThat(gone.code()).isEqualTo("SL001");
    }

    /** A run may end between the mark that the source was told is safe and the sink's reading of it: then once more. */
    private void runUntilAllIsApplied() throws SQLException {
        for (int attempt = 1; attempt <= 20; attempt++) {
            run();
            Lsn confirmed = Lsn.parse(TestDatabases.query(
                            sourceUrl,
                            "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '%s'"
                                    .formatted(settings.slot()))
                    .get(0));
            Lsn applied = Lsn.parse(TestDatabases.query(
                            targetUrl,
                            "SELECT greatest(applied_lsn, seen_lsn) FROM pg2citus.progress WHERE pipeline = '%s'"
                                    .formatted(settings.name()))
                    .get(0));
            if (confirmed.compareTo(applied) <= 0) {
                return;
            }
        }
        throw new AssertionError("in 20 runs the sink never read the last mark");
    }

    @Test
    void secondRun_isRefusedWhileOneRuns() throws Exception {
        StopSignal stop = new StopSignal();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        Thread first = new Thread(() -> {
            try {
                new Migration(settings, this::remember, stop, Until.STOPPED).run();
            } catch (RuntimeException e) {
                failures.add(e);
            }
        });
        first.start();
        while (copied.isEmpty() && first.isAlive()) {
            Thread.sleep(50);
        }

        MigrationException sameFolder = catchThrowableOfType(MigrationException.class, this::run);
        settings = new MigrationSettings(
                settings.name(),
                dataDir.resolve("other"),
                settings.source(),
                settings.target(),
                settings.slot(),
                settings.publication(),
                settings.tables(),
                settings.copy(),
                settings.kafka(),
                settings.connectUrl(),
                settings.taskRestarts(),
                settings.stopTimeout(),
                settings.watch(),
                List.of());
        MigrationException otherFolder = catchThrowableOfType(MigrationException.class, this::run);
        stop.request();
        first.join();

        assertThat(failures).isEmpty();
        for (MigrationException refusal : List.of(sameFolder, otherFolder)) {
            assertThat(refusal.exitCode()).isEqualTo(ExitCode.STATE);
            assertThat(refusal.code()).isEqualTo("ST001");
            assertThat(refusal)
                    .hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
        }
        removeSlot();
    }

    private void removeSlot() throws SQLException {
        TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
