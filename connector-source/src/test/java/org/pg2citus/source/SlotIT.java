package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.source.failure.SourceFault;

/** The slot: what is confirmed to it, and what stops the source. */
final class SlotIT {

    private static final Map<String, String> SMALL_WAL = Map.of(
            "wal_level", "logical",
            "max_slot_wal_keep_size", "1MB",
            "wal_keep_size", "0",
            "min_wal_size", "32MB",
            "max_wal_size", "32MB");

    /** {@code -Dpg2citus.unrelated.megabytes=500} for the long run. */
    private static final int UNRELATED_MEGABYTES = Integer.getInteger("pg2citus.unrelated.megabytes", 80);

    private final TaskRun.Offsets offsets = new TaskRun.Offsets();
    private TestSource.Database database;

    @BeforeEach
    void createDatabase() throws Exception {
        database = TestSource.shared().database("slot");
        database.execute("CREATE TABLE item (id int PRIMARY KEY, name text)");
    }

    @Test
    void missingSlot_isRefusedAndNotCreated() throws Exception {
        database.execute("CREATE PUBLICATION " + database.name + " FOR ALL TABLES");

        assertRefused("SR010");
        assertThat(database.query(
                        "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + database.name + "'"))
                .isEqualTo("0");
    }

    @Test
    void slotOfAnotherPlugin_isRefused() throws Exception {
        database.execute("SELECT pg_create_logical_replication_slot('" + database.name + "', 'test_decoding')");

        assertRefused("SR012");
    }

    @Test
    void missingPublication_isRefused() throws Exception {
        database.execute("SELECT pg_create_logical_replication_slot('" + database.name + "', 'pgoutput')");

        assertRefused("SR016");
    }

    @Test
    void publicationWithoutTruncate_isRefused() throws Exception {
        database.createSlot();
        database.execute("ALTER PUBLICATION " + database.name + " SET (publish = 'insert, update, delete')");

        assertRefused("SR016");
    }

    @Test
    void slotThatWasCreatedAgain_isRefused() throws Exception {
        database.createSlot();
        database.execute("INSERT INTO item VALUES (1)");
        try (TaskRun run = start()) {
            run.acknowledge(last(run.pollTo(Events::isEnd)));
        }
        database.dropSlot(database.name);
        database.execute("INSERT INTO item VALUES (2)");
        database.execute("SELECT pg_create_logical_replication_slot('" + database.name + "', 'pgoutput')");

        assertRefused("SR014");
    }

    @Test
    void slotThatMovedSinceItsCreation_isRefusedAtTheFirstStart() throws Exception {
        database.createSlot();
        Map<String, String> settings = database.settings();
        settings.put(
                "slot.creation.lsn",
                database.query("SELECT confirmed_flush_lsn FROM pg_replication_slots" + " WHERE slot_name = '"
                        + database.name + "'"));
        database.execute(
                "INSERT INTO item VALUES (1)",
                "SELECT pg_replication_slot_advance('" + database.name + "', pg_current_wal_lsn())");

        assertThatExceptionOfType(SourceFault.class)
                .isThrownBy(() -> TaskRun.start(new PostgresSourceTask(), settings, offsets))
                .withMessageStartingWith("SR014");
    }

    @Test
    void serverWithAnotherSystemIdentifier_isRefused() throws Exception {
        database.createSlot();
        Map<String, String> settings = database.settings();
        settings.put("slot.system.identifier", "1");

        assertThatExceptionOfType(SourceFault.class)
                .isThrownBy(() -> TaskRun.start(new PostgresSourceTask(), settings, offsets))
                .withMessageStartingWith("SR013");
    }

    @Test
    void confirmedPosition_isTheEndOfTheLastAcknowledgedTransaction() throws Exception {
        database.createSlot();
        long created = database.confirmedLsn();
        database.execute("INSERT INTO item VALUES (1), (2)");
        database.execute("INSERT INTO item VALUES (3), (4)");
        try (TaskRun run = start()) {
            List<SourceRecord> first = run.pollTo(Events::isEnd);
            List<SourceRecord> second = run.pollTo(Events::isEnd);
            assertThat(database.confirmedLsn()).isEqualTo(created);

            // Of the second transaction only the beginning.
            run.acknowledge(last(first));
            run.acknowledge(second.get(1));
            run.pollTo(Events::isMark);

            long end = Events.endLsn(last(first));
            await(() -> {
                // The mark may have been polled before: what is stored is confirmed by the next poll.
                run.poll();
                return database.confirmedLsn() == end;
            });
        }
        assertThat(database.confirmedLsn()).isEqualTo(offsetLsn());
    }

    @Test
    void restartAfterAnOrderlyStop_repeatsNothing() throws Exception {
        database.createSlot();
        database.execute("INSERT INTO item VALUES (1)");
        try (TaskRun run = start()) {
            run.acknowledge(last(run.pollTo(Events::isEnd)));
        }
        database.execute("INSERT INTO item VALUES (2)");

        try (TaskRun run = start()) {
            List<SourceRecord> records = run.pollTo(Events::isEnd);
            assertThat(records.stream().filter(record -> !Events.isMark(record)))
                    .hasSize(3);
            assertThat(Events.column(records.get(records.size() - 2), "id")).isEqualTo("2");
        }
    }

    /**
     * A killed reader has stored more than the slot knows; its confirmation may reach the server when the next one already
     * reads. What that one stores must not fall behind it.
     */
    @Test
    void slotBehindWhatIsStored_isReadAgainWithoutStoringLess() throws Exception {
        database.createSlot();
        String before = database.name + "_before";
        database.execute("SELECT pg_copy_logical_replication_slot('%s', '%s')".formatted(database.name, before));
        for (int i = 1; i <= 3; i++) {
            database.execute("INSERT INTO item VALUES (%d)".formatted(i));
        }
        try (TaskRun run = start()) {
            for (int i = 1; i <= 3; i++) {
                run.acknowledge(last(run.pollTo(Events::isEnd)));
            }
        }
        long stored = offsetLsn();
        database.dropSlot(database.name);
        database.execute("SELECT pg_copy_logical_replication_slot('%s', '%s')".formatted(before, database.name));

        try (TaskRun run = start()) {
            for (int i = 1; i <= 3; i++) {
                List<SourceRecord> again = run.pollTo(Events::isEnd);
                assertThat(Events.column(again.get(again.size() - 2), "id")).isEqualTo(String.valueOf(i));
                run.acknowledge(last(again));
                assertThat(offsetLsn()).isEqualTo(stored);
            }
            database.execute("INSERT INTO item VALUES (4)");
            run.acknowledge(last(run.pollTo(Events::isEnd)));
            assertThat(offsetLsn()).isGreaterThan(stored);
        }
        database.dropSlot(before);
    }

    @Test
    void writesThatAreNotPublished_leaveLittleWalWithinTwoMarks() throws Exception {
        database.execute(
                "CREATE TABLE unpublished (data text)",
                "ALTER TABLE unpublished ALTER data SET STORAGE PLAIN",
                "CREATE PUBLICATION " + database.name + " FOR TABLE item");
        database.execute("SELECT pg_create_logical_replication_slot('" + database.name + "', 'pgoutput')");
        TestSource.Database other = TestSource.shared().database("other");
        other.execute("CREATE TABLE t (data text)", "ALTER TABLE t ALTER data SET STORAGE PLAIN");
        long markIntervalMs = 5_000;
        Map<String, String> settings = database.settings();
        settings.put("mark.interval.ms", String.valueOf(markIntervalMs));
        try (TaskRun run = TaskRun.start(new PostgresSourceTask(), settings, offsets)) {
            // 9 MB for both; what the server does for itself between, as any server that is written to does.
            String write = "SELECT repeat(md5(i::text), 30) FROM generate_series(1, 4500) i";
            long before = walPosition();
            for (int i = 0; i < UNRELATED_MEGABYTES / 8; i++) {
                database.execute("INSERT INTO unpublished " + write, "CHECKPOINT");
                other.execute("INSERT INTO t " + write);
                run.poll().forEach(run::acknowledge);
            }
            long written = walPosition();
            assertThat(written - before).isGreaterThan((long) UNRELATED_MEGABYTES << 20);
            long end = System.nanoTime() + Duration.ofMillis(2 * markIntervalMs).toNanos();

            while (System.nanoTime() < end) {
                // A slot's restart_lsn moves to where transactions were running when the server last wrote that down,
                // and
                // only one such place waits for its confirmation: the server has to go on writing, as it does in life.
                other.execute("INSERT INTO t VALUES ('')", "CHECKPOINT");
                List<SourceRecord> records = run.poll();
                records.forEach(run::acknowledge);
            }

            // The last page of the WAL may have a header that no record fills.
            assertThat(database.confirmedLsn()).isGreaterThanOrEqualTo(written - 8192);
            assertThat(retainedBytes()).isLessThan(64 << 20);
            System.out.printf(
                    "%d MB written and not published: the slot retains %d MB after two marks%n",
                    (written - before) >> 20, retainedBytes() >> 20);
        }
    }

    private long walPosition() throws Exception {
        return Long.parseLong(database.query("SELECT pg_current_wal_lsn() - '0/0'"));
    }

    @Test
    void recordThatKafkaDidNotTake_stopsTheTask() throws Exception {
        database.createSlot();
        database.execute("INSERT INTO item VALUES (1)");
        try (TaskRun run = start()) {
            SourceRecord record = last(run.pollTo(Events::isEnd));
            run.task().commitRecord(record, null);

            assertThatThrownBy(() -> run.pollTo(r -> false))
                    .isInstanceOf(SourceFault.class)
                    .hasMessageStartingWith("SR030");
        }
    }

    @Test
    void serverThatCrashesAndComesBack_isReadOn() throws Exception {
        try (PostgresServer postgres = LocalPostgres.start(Map.of("wal_level", "logical"))) {
            database = TestSource.of(postgres).database("crash");
            database.execute("CREATE TABLE item (id int PRIMARY KEY, name text)");
            database.createSlot();
            try (TaskRun run = start()) {
                database.execute("INSERT INTO item VALUES (1)");
                run.acknowledge(last(run.pollTo(Events::isEnd)));
                postgres.kill();
                run.poll();
                postgres.start();
                database.execute("INSERT INTO item VALUES (2)");

                List<SourceRecord> records = run.pollTo(record -> "2".equals(Events.column(record, "id")));
                assertThat(records).isNotEmpty();
            }
        }
    }

    @Test
    void slotThatIsLostWhileItIsRead_stopsTheTaskWithin30Seconds() throws Exception {
        try (PostgresServer postgres = LocalPostgres.start(SMALL_WAL)) {
            database = TestSource.of(postgres).database("lost");
            database.execute("CREATE TABLE item (id int PRIMARY KEY, name text)");
            database.createSlot();
            try (TaskRun run = start()) {
                writeUntilLost();

                assertStops(run, "SR011");
            }
        }
    }

    @Test
    void slotThatIsDroppedWhileItIsRead_stopsTheTaskWithin30Seconds() throws Exception {
        assertStopsAfterDrop("SR010");
    }

    @Test
    void slotThatIsCreatedAgainWhileItIsRead_stopsTheTaskWithin30Seconds() throws Exception {
        assertStopsAfterDrop(
                "SR014",
                "INSERT INTO item VALUES (2)",
                "SELECT pg_create_logical_replication_slot('" + database.name + "', 'pgoutput')");
    }

    @Test
    void slotThatIsAdvancedWhileTheReaderIsAway_stopsTheTaskWithin30Seconds() throws Exception {
        database.createSlot();
        try (TaskRun run = start()) {
            database.execute("INSERT INTO item VALUES (1)");
            run.acknowledge(last(run.pollTo(Events::isEnd)));
            whileTheReaderIsAway(
                    "INSERT INTO item SELECT coalesce(max(id), 0) + 1 FROM item",
                    "SELECT pg_replication_slot_advance('" + database.name + "', pg_current_wal_lsn())");

            assertStops(run, "SR014");
        }
    }

    private void assertStopsAfterDrop(String code, String... afterwards) throws Exception {
        database.createSlot();
        try (TaskRun run = start()) {
            database.execute("INSERT INTO item VALUES (1)");
            run.acknowledge(last(run.pollTo(Events::isEnd)));
            whileTheReaderIsAway("SELECT pg_drop_replication_slot('" + database.name + "')");
            database.execute(afterwards);

            assertStops(run, code);
        }
    }

    /** Ends the reader's session and does what a slot allows only then, again until it came before the reader. */
    private void whileTheReaderIsAway(String... statements) throws Exception {
        await(() -> {
            database.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '"
                    + database.name + "'");
            try {
                database.execute(statements);
                return true;
            } catch (SQLException e) {
                // Ending takes a moment, or the reader was back already.
                return false;
            }
        });
    }

    private static void assertStops(TaskRun run, String code) {
        long nanos = System.nanoTime();
        assertThatThrownBy(() -> run.pollTo(record -> false))
                .isInstanceOf(SourceFault.class)
                .hasMessageStartingWith(code);
        assertThat(Duration.ofNanos(System.nanoTime() - nanos)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void slotThatIsLostWhileNobodyReads_isRefused() throws Exception {
        try (PostgresServer postgres = LocalPostgres.start(SMALL_WAL)) {
            database = TestSource.of(postgres).database("lost");
            database.execute("CREATE TABLE item (id int PRIMARY KEY, name text)");
            database.createSlot();
            writeUntilLost();

            assertRefused("SR011");
        }
    }

    private void writeUntilLost() throws Exception {
        try (Connection connection = database.connect()) {
            for (int i = 0; i < 6; i++) {
                TestSource.execute(
                        connection,
                        "INSERT INTO item SELECT i, repeat('x', 1000) FROM generate_series(%d, %d) i"
                                .formatted(i * 10_000, i * 10_000 + 9_999),
                        "SELECT pg_switch_wal()",
                        "CHECKPOINT");
            }
        }
    }

    @Test
    void validation_namesWhatIsWrongWithTheSlot() throws Exception {
        database.execute("CREATE PUBLICATION " + database.name + " FOR ALL TABLES");

        List<ConfigValue> wrong = new PostgresSourceConnector()
                .validate(database.settings()).configValues().stream()
                        .filter(value -> !value.errorMessages().isEmpty())
                        .toList();

        assertThat(wrong).singleElement().satisfies(value -> {
            assertThat(value.name()).isEqualTo("slot.name");
            assertThat(value.errorMessages()).singleElement().asString().startsWith("SR010");
        });
    }

    private long retainedBytes() throws Exception {
        return Long.parseLong(database.query("SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots"
                + " WHERE slot_name = '" + database.name + "'"));
    }

    private TaskRun start() {
        return TaskRun.start(new PostgresSourceTask(), database.settings(), offsets);
    }

    private void assertRefused(String code) {
        assertThatExceptionOfType(SourceFault.class).isThrownBy(this::start).withMessageStartingWith(code);
    }

    private long offsetLsn() {
        return (Long) offsets.offset(Map.of("source", database.name)).get("complete_lsn");
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        for (int attempt = 0; attempt < 300; attempt++) {
            if (condition.call()) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("not within 30 s");
    }

    private static SourceRecord last(List<SourceRecord> records) {
        return records.get(records.size() - 1);
    }
}
