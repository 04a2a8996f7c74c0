package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;

/** Records of many transactions: the durable offset moves past a record only when all of it is applied. */
final class CompactRecordsIT {

    private static final TopicPartition PARTITION = new TopicPartition(TopicScript.TOPIC, 0);
    private static final String POSITION = "SELECT applied_lsn, next_offset FROM pg2citus.progress";
    private static PostgresServer server;

    private final TopicScript topic = new TopicScript();
    private CitusSinkTask task;
    private ScriptedContext context;
    private Map<String, String> settings;
    private String url;

    @BeforeAll
    static void startServer() {
        server = LocalPostgres.start(Map.of());
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createTarget() throws SQLException {
        String name = "compact" + System.nanoTime();
        url = server.jdbcUrl("postgres");
        execute("CREATE DATABASE " + name);
        url = server.jdbcUrl(name);
        execute("CREATE TABLE log (line text PRIMARY KEY, n int)");
        settings = new HashMap<>(Map.of(
                CitusSinkConfig.CONNECTION_URL, url,
                CitusSinkConfig.CONNECTION_USER, "postgres",
                CitusSinkConfig.PROGRESS_INTERVAL_MS, "100"));
    }

    @AfterEach
    void stopTask() {
        if (task != null) {
            task.stop();
        }
    }

    private void start() {
        stopTask();
        task = new CitusSinkTask();
        context = new ScriptedContext(PARTITION);
        task.initialize(context);
        task.start(settings);
        task.open(List.of(PARTITION));
    }

    private void deliver() {
        context.deliver(task, topic, 7);
    }

    @Test
    void recordOfSeveralTransactions_isAppliedWithTheOffsetBehindIt() throws SQLException {
        start();
        topic.record(new LogChunk()
                .begin(7)
                .insert("one")
                .end(0x100, 1)
                .begin(8)
                .insert("two")
                .insert("three")
                .end(0x200, 2)
                .mark(0x300)
                .bytes());
        deliver();

        assertThat(lines()).containsExactly("one", "three", "two");
        assertThat(query(POSITION)).containsExactly("0/200|1");
        assertThat(query("SELECT seen_lsn FROM pg2citus.progress")).containsExactly("0/300");
    }

    @Test
    void recordAppliedInPart_isReadAgainAndGoesOnBehindWhatIsApplied() throws SQLException {
        settings.put(CitusSinkConfig.BATCH_MAX_ROWS, "1");
        start();
        // The second cannot be applied yet: its key is taken.
        execute("INSERT INTO log VALUES ('two', 0)");
        topic.record(new LogChunk().begin(6).insert("zero").end(0x90, 1).bytes());
        topic.record(new LogChunk()
                .begin(7)
                .insert("one")
                .end(0x100, 1)
                .begin(8)
                .insert("two")
                .end(0x200, 1)
                .begin(9)
                .insert("three")
                .end(0x300, 1)
                .bytes());
        assertThatThrownBy(this::deliver).isInstanceOf(ConnectException.class);
        assertThat(lines()).containsExactly("one", "two", "zero");
        assertThat(query(POSITION)).containsExactly("0/100|1");
        assertThat(task.preCommit(Map.of()).get(PARTITION).offset()).isEqualTo(1);

        execute("DELETE FROM log WHERE line = 'two'");
        start();
        deliver();

        assertThat(lines()).containsExactly("one", "three", "two", "zero");
        assertThat(query(POSITION)).containsExactly("0/300|2");
        assertThat(query("SELECT transactions_applied FROM pg2citus.progress")).containsExactly("4");
    }

    @Test
    void largeTransactionBetweenOthersOfItsRecord_isStreamedAlone() throws SQLException {
        settings.put(CitusSinkConfig.TRANSACTION_MAX_ROWS, "2");
        start();
        topic.record(new LogChunk().begin(6).insert("zero").end(0x90, 1).bytes());
        topic.record(new LogChunk()
                .begin(7)
                .insert("before")
                .end(0x100, 1)
                .begin(8)
                .insert("l1")
                .insert("l2")
                .insert("l3")
                .end(0x200, 3)
                .begin(9)
                .insert("after")
                .end(0x300, 1)
                .bytes());
        deliver();

        assertThat(lines()).containsExactly("after", "before", "l1", "l2", "l3", "zero");
        assertThat(query(POSITION)).containsExactly("0/300|2");
        assertThat(query("SELECT transactions_applied, rows_applied FROM pg2citus.progress"))
                .containsExactly("4|6");
    }

    @Test
    void largeTransactionOverSeveralRecords_isStreamedFromItsFirst() throws SQLException {
        settings.put(CitusSinkConfig.TRANSACTION_MAX_ROWS, "2");
        start();
        topic.record(new LogChunk().begin(8).insert("l1").insert("l2").bytes());
        topic.record(new LogChunk().rest(8, 2).insert("l3").bytes());
        deliver();
        assertThat(lines()).isEmpty();

        topic.record(new LogChunk().rest(8, 3).insert("l4").end(0x200, 4).bytes());
        topic.record(new LogChunk().begin(9).insert("after").end(0x300, 1).bytes());
        deliver();

        assertThat(lines()).containsExactly("after", "l1", "l2", "l3", "l4");
        assertThat(query(POSITION)).containsExactly("0/300|4");
    }

    @Test
    void restartBetweenThePartsOfATransaction_readsItFromItsFirst() throws SQLException {
        start();
        topic.record(new LogChunk().begin(7).insert("one").end(0x100, 1).bytes());
        topic.record(new LogChunk().begin(8).insert("p1").bytes());
        deliver();
        start();
        topic.record(new LogChunk().rest(8, 1).insert("p2").end(0x200, 2).bytes());
        deliver();

        assertThat(lines()).containsExactly("one", "p1", "p2");
        assertThat(query(POSITION)).containsExactly("0/200|3");
    }

    @Test
    void sourceThatRestartedInTheMiddleOfATransaction_cutsOtherRecords() throws SQLException {
        start();
        topic.record(new LogChunk().begin(7).insert("one").end(0x100, 1).bytes());
        topic.record(new LogChunk().begin(8).insert("p1").bytes());
        topic.record(new LogChunk()
                .begin(7)
                .insert("one")
                .end(0x100, 1)
                .begin(8)
                .insert("p1")
                .insert("p2")
                .end(0x200, 2)
                .bytes());
        deliver();

        assertThat(lines()).containsExactly("one", "p1", "p2");
        assertThat(query(POSITION)).containsExactly("0/200|3");
    }

    @Test
    void missingPart_halts() throws SQLException {
        start();
        topic.record(new LogChunk().begin(8).insert("p1").bytes());
        topic.record(new LogChunk().rest(8, 2).insert("p3").end(0x200, 3).bytes());

        assertThatThrownBy(this::deliver).isInstanceOf(ConnectException.class).hasMessageContaining("TX003");
        assertThat(lines()).isEmpty();
    }

    @Test
    void holdInsideARecord_stopsThereAndGoesOnThere() throws SQLException {
        start();
        execute("UPDATE pg2citus.progress SET hold_at_lsn = '0/100'");
        start();
        topic.record(new LogChunk()
                .begin(7)
                .insert("one")
                .end(0x100, 1)
                .begin(8)
                .insert("two")
                .end(0x200, 1)
                .bytes());
        deliver();
        assertThat(lines()).containsExactly("one");
        assertThat(query(POSITION)).containsExactly("0/100|0");
        assertThat(context.isPaused()).isTrue();

        execute("UPDATE pg2citus.progress SET hold_at_lsn = NULL");
        deliver();
        deliver();
        assertThat(lines()).containsExactly("one", "two");
        assertThat(query(POSITION)).containsExactly("0/200|1");
    }

    @Test
    void damagedRecord_haltsBeforeAnythingOfItIsApplied() throws SQLException {
        start();
        byte[] damaged = new LogChunk()
                .begin(7)
                .insert("one")
                .end(0x100, 1)
                .begin(8)
                .insert("two")
                .end(0x200, 1)
                .bytes();
        damaged[damaged.length - 2] ^= 1;
        topic.record(damaged);

        assertThatThrownBy(this::deliver).isInstanceOf(ConnectException.class).hasMessageContaining("DE010");
        assertThat(lines()).isEmpty();
        assertThat(query("SELECT applied_lsn FROM pg2citus.progress")).containsExactly("0/0");
    }

    private List<String> lines() throws SQLException {
        return query("SELECT line FROM log ORDER BY line COLLATE \"C\"");
    }

    private List<String> query(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> lines = new ArrayList<>();
            while (rows.next()) {
                StringBuilder line = new StringBuilder(String.valueOf(rows.getString(1)));
                for (int i = 2; i <= rows.getMetaData().getColumnCount(); i++) {
                    line.append('|').append(rows.getString(i));
                }
                lines.add(line.toString());
            }
            return lines;
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
