package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.CopySettings;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.SlotReady;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Migration.Until;
import org.pg2citus.runner.watch.Status;

/** What goes wrong while tables are copied: a clear stop, and the same command mends it; or it goes on by itself. */
class CopyTroubleIT {

    @TempDir
    Path dataDir;

    private String sourceDatabase;
    private String sourceUrl;
    private String targetUrl;
    private MigrationSettings settings;
    private final List<String> notices = new CopyOnWriteArrayList<>();
    private Consumer<MigrationEvent> also = event -> {};

    @BeforeEach
    void makeDatabases() throws SQLException {
        sourceDatabase = TestDatabases.create(TestDatabases.source());
        String to = TestDatabases.create(TestDatabases.target());
        sourceUrl = TestDatabases.source().jdbcUrl(sourceDatabase);
        targetUrl = TestDatabases.target().jdbcUrl(to);
        settings = TestDatabases.copying(
                TestDatabases.settings(
                        TestDatabases.address(TestDatabases.source(), sourceDatabase),
                        TestDatabases.address(TestDatabases.target(), to),
                        dataDir),
                new CopySettings(2, 1, false, false));
        for (String url : new String[] {sourceUrl, targetUrl}) {
            TestDatabases.execute(
                    url,
                    "CREATE TABLE big (id bigint PRIMARY KEY, n int, filler text, body text)",
                    "CREATE TABLE small (id int PRIMARY KEY, big_id bigint REFERENCES big, n int)");
        }
        TestDatabases.execute(
                sourceUrl,
                "INSERT INTO big SELECT i, i, repeat('x', 700), CASE WHEN i % 50 = 0 THEN (SELECT string_agg(md5(random()::text || i || g), '') FROM generate_series(1, 100) g) END FROM generate_series(1, 8000) i",
                "INSERT INTO small SELECT i, i, i FROM generate_series(1, 100) i",
                "ANALYZE");
    }

    @AfterEach
    void removeSlot() throws SQLException {
        TestDatabases.execute(
                sourceUrl,
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '%s'"
                        .formatted(settings.slot()));
    }

    private void run() {
        new Migration(settings, this::remember, new StopSignal(), Until.CAUGHT_UP).run();
    }

    private MigrationException fails() {
        MigrationException failure = catchThrowableOfType(MigrationException.class, this::run);
        assertThat(failure).as("the run's failure").isNotNull();
        return failure;
    }

    private void remember(MigrationEvent event) {
        if (event instanceof Notice notice) {
            notices.add(notice.text());
        }
        also.accept(event);
    }

    private void assertEqual() throws SQLException {
        Comparison.assertEqual(sourceUrl, targetUrl, "big", "small");
    }

    /** Each part takes this long at the target, whatever the session's role. */
    private void slowDown(String seconds) throws SQLException {
        onEachPart("PERFORM pg_sleep(%s)".formatted(seconds));
    }

    private void onEachPart(String statement) throws SQLException {
        TestDatabases.execute(
                targetUrl,
                "CREATE OR REPLACE FUNCTION on_part() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN %s; RETURN NULL; END$$"
                        .formatted(statement),
                "CREATE OR REPLACE TRIGGER on_part AFTER INSERT ON big FOR EACH STATEMENT EXECUTE FUNCTION on_part()",
                "ALTER TABLE big ENABLE ALWAYS TRIGGER on_part");
    }

    private void dropTrigger() throws SQLException {
        TestDatabases.execute(targetUrl, "DROP TRIGGER on_part ON big");
    }

    /** Once, when a part of the large table is committed. */
    private void whileCopying(Act act) {
        boolean[] done = {false};
        also = event -> {
            try {
                if (event instanceof CopyProgressed
                        && !done[0]
                        && !TestDatabases.query(targetUrl, "SELECT 1 FROM pg2citus.copied_chunk")
                                .isEmpty()) {
                    done[0] = true;
                    act.act();
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        };
    }

    @FunctionalInterface
    private interface Act {
        void act() throws SQLException;
    }

    private void trap() throws SQLException {
        TestDatabases.execute(targetUrl, "ALTER TABLE big ADD CONSTRAINT trap CHECK (id <> 7999)");
    }

    private void untrap() throws SQLException {
        TestDatabases.execute(targetUrl, "ALTER TABLE big DROP CONSTRAINT trap");
    }

    @Test
    void fullDisk_stopsAndContinues() throws Exception {
        // After some parts, for whoever may not mount a disk that is small enough.
        onEachPart(
                "IF (SELECT count(*) FROM pg2citus.copied_chunk) > 1 THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END IF");

        MigrationException failure = fails();

        assertThat(failure.code()).isEqualTo("CP006");
        assertThat(failure.exitCode()).isEqualTo(ExitCode.TARGET);
        assertThat(failure).hasMessageContaining("public.big, part").hasMessageContaining("53100");
        List<String> before = TestDatabases.query(targetUrl, "SELECT chunk FROM pg2citus.copied_chunk ORDER BY chunk");
        assertThat(before).isNotEmpty();
        dropTrigger();
        TestDatabases.execute(sourceUrl, "UPDATE big SET n = -n WHERE id % 3 = 0");
        run();
        assertEqual();
        assertThat(TestDatabases.query(targetUrl, "SELECT count(DISTINCT copy_lsn) FROM pg2citus.copied_chunk"))
                .containsExactly("2");
    }

    @Test
    void diskThatIsReallyFull_stopsAndContinues() throws Exception {
        Path disk = Files.createTempDirectory("pg2citus-small-disk");
        Files.setPosixFilePermissions(disk, PosixFilePermissions.fromString("rwxr-xr-x"));
        if (!succeeds("mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", disk.toString())) {
            Files.delete(disk);
            String reason = "only root can mount a disk that is small enough";
            System.out.println("SKIPPED, " + reason);
            Assumptions.abort(reason);
        }
        String space = "space_" + settings.name();
        try {
            Path directory = Files.createDirectory(disk.resolve("data"));
            Path servers = Path.of(
                    TestDatabases.query(targetUrl, "SHOW data_directory").get(0));
            Files.setOwner(directory, Files.getOwner(servers));
            TestDatabases.execute(targetUrl, "CREATE TABLESPACE %s LOCATION '%s'".formatted(space, directory));
            TestDatabases.execute(targetUrl, "ALTER TABLE big SET TABLESPACE " + space);

            MigrationException failure = fails();

            assertThat(failure.code()).isEqualTo("CP006");
            assertThat(failure.exitCode()).isEqualTo(ExitCode.TARGET);
            assertThat(failure)
                    .hasMessageContaining("public.big, part")
                    .hasMessageContaining("No space left on device");
            assertThat(succeeds("mount", "-o", "remount,size=200m", disk.toString()))
                    .isTrue();
            TestDatabases.execute(sourceUrl, "UPDATE big SET n = -n WHERE id % 3 = 0");
            run();
            assertEqual();
        } finally {
            TestDatabases.execute(targetUrl, "DROP TABLE big CASCADE");
            TestDatabases.execute(targetUrl, "DROP TABLESPACE IF EXISTS " + space);
            succeeds("umount", disk.toString());
            Files.delete(disk);
        }
    }

    private static boolean succeeds(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    }

    @Test
    void tableInNoOrder_goesOnAfterAnInterruption_whenDividedByKey() throws Exception {
        for (String url : new String[] {sourceUrl, targetUrl}) {
            TestDatabases.execute(url, "CREATE TABLE scattered (id uuid PRIMARY KEY, n int, filler text)");
        }
        TestDatabases.execute(
                sourceUrl,
                "INSERT INTO scattered SELECT gen_random_uuid(), i, repeat('x', 700) FROM generate_series(1, 8000) i",
                "ANALYZE scattered");
        TestDatabases.execute(
                targetUrl,
                "ALTER TABLE scattered ADD CONSTRAINT trap CHECK (id < 'fff00000-0000-0000-0000-000000000000')");
        settings = TestDatabases.copying(settings, new CopySettings(2, 1, false, true));

        assertThat(fails().code()).isEqualTo("CP001");

        String snapshots = "SELECT count(DISTINCT copy_lsn) FROM pg2citus.copied_chunk WHERE table_name = 'scattered'";
        assertThat(TestDatabases.query(targetUrl, snapshots)).containsExactly("1");
        TestDatabases.execute(targetUrl, "ALTER TABLE scattered DROP CONSTRAINT trap");
        TestDatabases.execute(
                sourceUrl,
                "UPDATE scattered SET n = -n WHERE n % 3 = 0",
                "DELETE FROM scattered WHERE n % 7 = 0",
                "UPDATE scattered SET id = gen_random_uuid() WHERE n % 11 = 0");
        run();
        Comparison.assertEqual(sourceUrl, targetUrl, "scattered");
        assertThat(TestDatabases.query(targetUrl, snapshots)).containsExactly("2");
    }

    @Test
    void lostConnections_areMadeAnewWithinTheSameRun() throws Exception {
        slowDown("0.7");
        for (boolean source : new boolean[] {true, false}) {
            Consumer<MigrationEvent> next = also;
            whileCopying(
                    () -> TestDatabases.execute(
                            source ? sourceUrl : targetUrl,
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'pg2citus %: copy' AND query LIKE 'COPY%'"));
            Consumer<MigrationEvent> mine = also;
            also = event -> {
                next.accept(event);
                mine.accept(event);
            };
        }

        run();

        assertEqual();
        assertThat(notices).anyMatch(notice -> notice.startsWith("copying table public.big, part "));
        assertThat(TestDatabases.query(targetUrl, "SELECT count(DISTINCT copy_lsn) FROM pg2citus.copied_chunk"))
                .as("the same snapshot")
                .containsExactly("1");
    }

    @Test
    void tableUnderAnExclusiveLock_isWaitedFor() throws Exception {
        CompletableFuture<Void> vacuuming = new CompletableFuture<>();
        also = event -> {
            if (event instanceof SlotReady) {
                lockUntilNoticed(vacuuming);
            }
        };

        run();

        vacuuming.get(60, TimeUnit.SECONDS);
        assertThat(notices)
                .anyMatch(notice ->
                        notice.startsWith("waiting for a lock on table public.big of the source, held by pid"));
        assertEqual();
    }

    /** As VACUUM FULL does it: rewrites the table under a lock that nobody passes. */
    private void lockUntilNoticed(CompletableFuture<Void> done) {
        CompletableFuture<Void> locked = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try (Connection connection = DriverManager.getConnection(sourceUrl);
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("LOCK TABLE big");
                locked.complete(null);
                for (int i = 0; i < 600 && notices.isEmpty(); i++) {
                    Thread.sleep(100);
                }
                connection.rollback();
                done.complete(null);
            } catch (SQLException e) {
                locked.completeExceptionally(e);
                done.completeExceptionally(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        thread.start();
        locked.join();
    }

    @Test
    void vacuumFull_waitsForTheCopyAndHarmsNothing() throws Exception {
        slowDown("1.5");
        // Rows lie at other places afterwards: parts by block would be wrong.
        TestDatabases.execute(targetUrl, "ALTER TABLE big DROP CONSTRAINT big_pkey CASCADE");
        TestDatabases.execute(
                sourceUrl,
                "ALTER TABLE big DROP CONSTRAINT big_pkey CASCADE",
                "ALTER TABLE big REPLICA IDENTITY FULL",
                "DELETE FROM big WHERE id % 5 = 0");
        CompletableFuture<Long> vacuumed = new CompletableFuture<>();
        whileCopying(() -> new Thread(() -> {
                    try {
                        TestDatabases.execute(sourceUrl, "VACUUM FULL big");
                        vacuumed.complete(System.nanoTime());
                    } catch (SQLException e) {
                        vacuumed.completeExceptionally(e);
                    }
                })
                .start());

        run();

        vacuumed.get(60, TimeUnit.SECONDS);
        assertThat(TestDatabases.query(
                        targetUrl, "SELECT count(*) > 2 FROM pg2citus.copy_plan WHERE leaf_name = 'big'"))
                .containsExactly("t");
        assertEqual();
    }

    @Test
    void tableAlteredAfterTheSnapshot_stopsBeforeItLooksEmpty() throws Exception {
        also = event -> {
            if (event instanceof SlotReady) {
                execute("ALTER TABLE big ALTER COLUMN n TYPE int USING n + 1");
            }
        };

        MigrationException altered = fails();

        assertThat(altered.code()).isEqualTo("CP004");
        assertThat(altered).hasMessageContaining("public.big");
        assertThat(TestDatabases.query(targetUrl, "SELECT count(*) FROM big")).containsExactly("0");
        also = event -> {};
        run();
        assertEqual();
    }

    @Test
    void tableEmptiedAfterTheSnapshot_isReadInANewerOne() throws Exception {
        for (String url : new String[] {sourceUrl, targetUrl}) {
            TestDatabases.execute(
                    url,
                    "CREATE TABLE kept (id int PRIMARY KEY, v text)",
                    "CREATE TABLE parts (id int, half int, v text, PRIMARY KEY (id, half)) PARTITION BY LIST (half)",
                    "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)",
                    "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2)");
        }
        TestDatabases.execute(
                sourceUrl,
                "INSERT INTO kept SELECT i, 'old' FROM generate_series(1, 100) i",
                "INSERT INTO parts SELECT i, 1 + i % 2, 'old' FROM generate_series(1, 100) i");
        also = event -> {
            if (event instanceof SlotReady) {
                // What comes before TRUNCATE would hit no row of a table that was copied as empty.
                execute("UPDATE big SET n = 0 WHERE id < 100");
                execute(
                        "UPDATE small SET n = 0; DELETE FROM small WHERE id = 1; UPDATE kept SET v = 'new' WHERE id = 1");
                execute("UPDATE parts SET v = 'new'");
                execute("TRUNCATE big, small");
                execute("TRUNCATE parts_1");
                execute("INSERT INTO big SELECT i, i, 'new' FROM generate_series(1, 50) i");
                execute("INSERT INTO parts VALUES (1000, 1, 'newer')");
                execute("VACUUM FULL kept");
            }
        };

        run();

        Comparison.assertEqual(sourceUrl, targetUrl, "big", "small", "kept", "parts");
        assertThat(notices)
                .anyMatch(notice -> notice.startsWith("public.big, public.kept, public.parts, public.small were emptied"
                        + " or rewritten on the source after the snapshot was taken"));
        also = event -> {};
        execute("DELETE FROM parts WHERE id = 1000");
        execute("UPDATE big SET n = -1");
        run();
        Comparison.assertEqual(sourceUrl, targetUrl, "big", "small", "kept", "parts");
    }

    @Test
    void tableEmptiedBetweenTheSnapshotsOfItsParts_isCopiedAnewWithinTheSameRun() throws Exception {
        trap();
        assertThat(fails().code()).isEqualTo("CP001");
        assertThat(TestDatabases.query(targetUrl, "SELECT count(*) > 0 FROM pg2citus.copied_chunk"))
                .containsExactly("t");
        untrap();
        boolean[] done = {false};
        also = event -> {
            // The new snapshot is there, the locks are not.
            if (event instanceof StepStarted step && step.step().startsWith("copying ") && !done[0]) {
                done[0] = true;
                execute("TRUNCATE big, small");
                execute("INSERT INTO big VALUES (1, 1, 'new'), (7000, 2, 'new')");
            }
        };

        run();

        assertThat(notices).anyMatch(notice -> notice.startsWith("copying table public.big anew: it was emptied"));
        assertEqual();
    }

    @Test
    void tableEmptiedAfterEverySnapshot_stopsAndContinues() throws Exception {
        also = event -> {
            if (event instanceof StepStarted step && step.step().startsWith("copying ")) {
                execute("TRUNCATE small");
                execute("INSERT INTO small VALUES (1, 1, 1)");
            }
        };

        MigrationException failure = fails();

        assertThat(failure.code()).isEqualTo("CP011");
        assertThat(failure.exitCode()).isEqualTo(ExitCode.SOURCE);
        assertThat(failure).hasMessageContaining("public.small");
        also = event -> {};
        run();
        assertEqual();
    }

    @Test
    void tableDroppedAfterTheSnapshot_stops() throws Exception {
        also = event -> {
            if (event instanceof SlotReady) {
                execute("DROP TABLE small");
            }
        };

        assertThat(fails().code()).isEqualTo("CP004");

        also = event -> {};
        assertThat(fails().code()).isEqualTo("CP003");
    }

    private void execute(String sql) {
        try {
            TestDatabases.execute(sourceUrl, sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void rowsHiddenByAPolicy_stopInsteadOfBeingLost() throws Exception {
        String role = "hidden_" + settings.name();
        TestDatabases.execute(
                sourceUrl,
                "CREATE ROLE %s LOGIN REPLICATION".formatted(role),
                "GRANT CREATE ON DATABASE %s TO %s".formatted(sourceDatabase, role),
                "ALTER TABLE big OWNER TO " + role,
                "ALTER TABLE small OWNER TO " + role);
        ServerAddress was = settings.source();
        settings = TestDatabases.readingFrom(
                settings, new ServerAddress(was.host(), was.port(), was.database(), role, was.password(), Map.of()));
        also = event -> {
            if (event instanceof SlotReady) {
                execute("ALTER TABLE small ENABLE ROW LEVEL SECURITY; ALTER TABLE small FORCE ROW LEVEL SECURITY;"
                        + " CREATE POLICY few ON small USING (id < 10)");
            }
        };

        MigrationException failure = fails();

        assertThat(failure.exitCode()).isEqualTo(ExitCode.SOURCE);
        assertThat(failure.code()).isEqualTo("DS005");
        assertThat(failure).hasMessageContaining("row-level security").hasMessageContaining("public.small");
        assertThat(TestDatabases.query(targetUrl, "SELECT count(*) FROM small")).containsExactly("0");
        TestDatabases.execute(sourceUrl, "ALTER TABLE small NO FORCE ROW LEVEL SECURITY");
        also = event -> {};
        run();
        assertEqual();
    }

    @Test
    void valueThatMovesWithoutBeingSent_hasOneTableCopiedAnew() throws Exception {
        trap();
        assertThat(fails().code()).isEqualTo("CP001");
        untrap();
        // From the range that is left to one that is copied, with a value that is not in the WAL.
        TestDatabases.execute(
                sourceUrl,
                "DELETE FROM big WHERE id = 200",
                "UPDATE small SET big_id = NULL",
                "UPDATE big SET id = 200 WHERE id = 7950");

        MigrationException failure = fails();

        assertThat(failure.code()).isEqualTo("AP018");
        assertThat(failure).hasMessageContaining("public.big");
        run();
        assertThat(notices).anyMatch(notice -> notice.startsWith("copying table public.big anew"));
        assertEqual();
        TestDatabases.execute(sourceUrl, "UPDATE big SET n = 0");
        run();
        assertEqual();
    }

    @Test
    void truncateBetweenSnapshots_hasOneTableCopiedAnew() throws Exception {
        trap();
        assertThat(fails().code()).isEqualTo("CP001");
        untrap();
        TestDatabases.execute(
                sourceUrl, "TRUNCATE big, small", "INSERT INTO big VALUES (1, 1, 'new'), (7000, 2, 'new')");

        assertThat(fails().code()).isEqualTo("AP018");

        run();
        assertEqual();
    }

    @Test
    void parentEmptiedBeforeItsChildIsCopied_leavesTheChildsNewRows() throws Exception {
        // One after the other, the largest first: the parent is complete when the child is not taken.
        settings = TestDatabases.copying(settings, new CopySettings(1, 1, false, false));
        TestDatabases.execute(targetUrl, "ALTER TABLE small ADD CONSTRAINT trap CHECK (id <> 50)");
        assertThat(fails().code()).isEqualTo("CP001");
        TestDatabases.execute(targetUrl, "ALTER TABLE small DROP CONSTRAINT trap");
        TestDatabases.execute(
                sourceUrl,
                "TRUNCATE big, small",
                "INSERT INTO big VALUES (1, 1, 'new'), (7000, 2, 'new')",
                "INSERT INTO small VALUES (1, 7000, 1)");

        run();

        assertEqual();
    }

    @Test
    void deferredIndexes_areBuiltHoweverTheCopyEnded() throws Exception {
        TestDatabases.execute(
                targetUrl,
                "CREATE INDEX by_n ON big (n) INCLUDE (id) WHERE n > 0",
                "CREATE UNIQUE INDEX unique_one ON big (id, n)",
                "CREATE INDEX \"Odd one\" ON small USING hash (n)",
                "CREATE INDEX spoken_of ON small (n)",
                "COMMENT ON INDEX spoken_of IS 'stays'");
        String indexes =
                "SELECT indexdef FROM pg_indexes WHERE tablename IN ('big', 'small') AND schemaname = 'public' ORDER BY 1";
        List<String> before = TestDatabases.query(targetUrl, indexes);
        settings = TestDatabases.copying(settings, new CopySettings(2, 1, true, false));
        trap();

        assertThat(fails().code()).isEqualTo("CP001");

        assertThat(TestDatabases.query(targetUrl, "SELECT index_name FROM pg2citus.deferred_index ORDER BY 1"))
                .containsExactly("Odd one", "by_n");
        assertThat(TestDatabases.query(targetUrl, indexes)).hasSize(before.size() - 2);
        untrap();
        // Also without the flag: what was dropped is remembered.
        settings = TestDatabases.copying(settings, new CopySettings(2, 1, false, false));
        run();
        assertThat(TestDatabases.query(targetUrl, indexes)).isEqualTo(before);
        assertThat(TestDatabases.query(targetUrl, "SELECT count(*) FROM pg2citus.deferred_index"))
                .containsExactly("0");
        assertEqual();
    }

    @Test
    void longCopy_isWatchedAndKeepsNoWal() throws Exception {
        slowDown("3");
        long[] written = new long[1];
        List<Status> seen = new CopyOnWriteArrayList<>();
        List<Long> rowsInMetrics = new CopyOnWriteArrayList<>();
        long[] retained = new long[1];
        also = event -> {
            if (event instanceof CopyProgressed progress && progress.rowsPerSecond() > 0) {
                // A checkpoint is what lets the slot's restart position move on.
                execute(
                        "INSERT INTO small SELECT i, NULL, 0 FROM generate_series(101, 20000) i ON CONFLICT (id) DO UPDATE SET n = small.n + 1");
                execute("CHECKPOINT");
                written[0]++;
                Status status = Status.read(settings);
                seen.add(status);
                retained[0] = status.slot().orElseThrow().retainedWalBytes();
                rowsInMetrics.add(metric("NumberOfRows"));
            }
        };
        String begin =
                TestDatabases.query(sourceUrl, "SELECT pg_current_wal_lsn()").get(0);

        run();

        also = event -> {};
        long all = Long.parseLong(TestDatabases.query(sourceUrl, "SELECT pg_current_wal_lsn() - '%s'".formatted(begin))
                .get(0));
        assertThat(written[0]).as("looks while copying").isGreaterThan(2);
        assertThat(retained[0]).as("kept of %d bytes of WAL", all).isLessThan(all / 2);
        System.out.printf("retained %d of %d bytes of WAL written during the copy%n", retained[0], all);
        assertThat(seen).anyMatch(status -> status.tables().stream()
                .anyMatch(table -> table.copying().isPresent()
                        && table.copying().get().rows() > 0
                        && table.copying().get().rows() < 8_000));
        assertThat(rowsInMetrics).anyMatch(rows -> rows > 0);
        assertEqual();
    }

    private long metric(String attribute) {
        try {
            return (Long) ManagementFactory.getPlatformMBeanServer()
                    .getAttribute(
                            new ObjectName("pg2citus.runner:type=copy,migration=" + ObjectName.quote(settings.name())),
                            attribute);
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }
}
