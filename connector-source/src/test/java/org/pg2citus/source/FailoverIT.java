package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.sql.Connection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.source.failure.SourceFault;

/** A standby takes the source's place. The slot is among what it has, or is not. */
final class FailoverIT {

    private static final Map<String, String> STANDBY_SETTINGS = Map.of(
            "sync_replication_slots", "on",
            "hot_standby_feedback", "on",
            "primary_slot_name", "standby",
            "wal_receiver_status_interval", "1");

    private final TaskRun.Offsets offsets = new TaskRun.Offsets();
    private PostgresServer primary;
    private PostgresServer standby;
    private TestSource.Database database;
    private Map<String, String> settings;

    @BeforeEach
    void startServers() throws Exception {
        primary = TestSource.startServer(17, Map.of());
        database = TestSource.of(primary).database("failover");
        settings = database.settings();
        database.execute(
                "SELECT pg_create_physical_replication_slot('standby', true)",
                "CREATE TABLE item (id int PRIMARY KEY)",
                "CREATE PUBLICATION " + database.name + " FOR ALL TABLES");
        Map<String, String> standbySettings = new HashMap<>(TestSource.SERVER_SETTINGS);
        standbySettings.putAll(STANDBY_SETTINGS);
        standby = primary.startStandby(standbySettings);
    }

    @AfterEach
    void closeServers() {
        if (primary != null) {
            primary.close();
        }
        if (standby != null) {
            standby.close();
        }
    }

    @Test
    void promotedServerWithTheSlot_isReadOnWithoutLoss() throws Exception {
        holdBack();
        createSlot(true);
        awaitSyncedSlot();
        Set<Integer> rows = new TreeSet<>();
        try (TaskRun run = start()) {
            insert(primary, 1, 10);
            List<SourceRecord> records = run.pollTo(record -> "10".equals(Events.column(record, "id")));
            add(records, rows);
            run.acknowledge(records.get(records.size() - 1));
            // Of these nothing is stored.
            insert(primary, 11, 20);
            add(run.pollTo(record -> "20".equals(Events.column(record, "id"))), rows);
            primary.kill();
        }

        promote();
        insert(standby, 21, 30);
        try (TaskRun run = start()) {
            add(run.pollTo(record -> "30".equals(Events.column(record, "id"))), rows);
        }

        assertThat(rows)
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 30).boxed().toList());
        assertThat(query(standby, "SELECT string_agg(id::text, ',' ORDER BY id) FROM item"))
                .isEqualTo(rows.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }

    @Test
    void standbyThatDoesNotFollow_holdsBackWhatIsSent() throws Exception {
        holdBack();
        createSlot(true);
        awaitSyncedSlot();
        try (TaskRun run = start()) {
            insert(primary, 1, 1);
            run.acknowledge(last(run.pollTo(Events::isEnd)));
            standby.kill();
            insert(primary, 2, 2);
            long deadline = System.nanoTime() + 3_000_000_000L;
            while (System.nanoTime() < deadline) {
                assertThat(run.poll()).noneMatch(record -> "2".equals(Events.column(record, "id")));
            }
            standby.start();
            run.pollTo(record -> "2".equals(Events.column(record, "id")));
        }
    }

    @Test
    void promotedServerThatMayLackWhatWasSent_isRefused() throws Exception {
        createSlot(true);
        awaitSyncedSlot();
        readOneRow();
        promote();

        assertRefused("SR015");
    }

    @Test
    void promotedServerWithoutTheSlot_isRefused() throws Exception {
        createSlot(false);
        readOneRow();
        promote();

        assertRefused("SR010");
    }

    @Test
    void promotedServerWithASlotOfItsOwn_isRefused() throws Exception {
        holdBack();
        createSlot(false);
        readOneRow();
        promote();
        insert(standby, 100, 100);
        execute(standby, "SELECT pg_create_logical_replication_slot('" + database.name + "', 'pgoutput')");

        assertRefused("SR014");
    }

    private void readOneRow() throws Exception {
        try (TaskRun run = start()) {
            insert(primary, 1, 1);
            run.acknowledge(last(run.pollTo(Events::isEnd)));
            awaitReplay();
            primary.kill();
        }
    }

    private void promote() {
        standby.promote();
        settings.put("database.port", String.valueOf(standby.port()));
    }

    private void holdBack() throws Exception {
        execute(primary, "ALTER SYSTEM SET synchronized_standby_slots = 'standby'");
        execute(primary, "SELECT pg_reload_conf()");
    }

    private void createSlot(boolean failover) throws Exception {
        execute(
                primary,
                "SELECT pg_create_logical_replication_slot('%s', 'pgoutput', failover => %s)"
                        .formatted(database.name, failover));
    }

    private void awaitSyncedSlot() throws Exception {
        await(
                "SELECT count(*) FROM pg_replication_slots WHERE synced AND NOT temporary AND slot_name = '"
                        + database.name + "'",
                "1");
    }

    private void awaitReplay() throws Exception {
        await("SELECT pg_last_wal_replay_lsn() >= '%s'".formatted(query(primary, "SELECT pg_current_wal_lsn()")), "t");
    }

    private void await(String sql, String expected) throws Exception {
        for (int attempt = 0; attempt < 900; attempt++) {
            if (expected.equals(query(standby, sql))) {
                return;
            }
            // Slots are copied only up to where the primary has written them.
            execute(primary, "SELECT pg_log_standby_snapshot()");
            Thread.sleep(100);
        }
        throw new AssertionError("not within 90 s on the standby: " + sql);
    }

    private void insert(PostgresServer server, int first, int last) throws Exception {
        execute(server, "INSERT INTO item SELECT generate_series(%d, %d)".formatted(first, last));
    }

    private void execute(PostgresServer server, String sql) throws Exception {
        try (Connection connection = server.connect(database.name)) {
            TestSource.execute(connection, sql);
        }
    }

    private String query(PostgresServer server, String sql) throws Exception {
        try (Connection connection = server.connect(database.name)) {
            return TestSource.query(connection, sql);
        }
    }

    private TaskRun start() {
        return TaskRun.start(new PostgresSourceTask(), settings, offsets);
    }

    private void assertRefused(String code) {
        assertThatExceptionOfType(SourceFault.class).isThrownBy(this::start).withMessageStartingWith(code);
    }

    private static void add(List<SourceRecord> records, Set<Integer> rows) {
        for (SourceRecord record : records) {
            String id = Events.column(record, "id");
            if (id != null) {
                rows.add(Integer.valueOf(id));
            }
        }
    }

    private static SourceRecord last(List<SourceRecord> records) {
        return records.get(records.size() - 1);
    }
}
