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
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.deploy.local.TestCitus;

/** A topic for each table, on a real target: whole transactions in order, exactly once. */
class TopicPerTableIT {

    private static final TopicPartition TRANSACTIONS = new TopicPartition("app.transaction", 0);
    private static final TopicPartition A = new TopicPartition("app.public.a", 0);
    private static final TopicPartition B = new TopicPartition("app.public.b", 0);

    @Nested
    class OnPlainPostgres extends Scenarios {

        private static PostgresServer server;

        @BeforeAll
        static void start() {
            server = LocalPostgres.start(Map.of("fsync", "off"));
        }

        @AfterAll
        static void stop() {
            server.close();
        }

        @Override
        String createTarget() throws SQLException {
            String name = "target" + System.nanoTime();
            execute(server.jdbcUrl("postgres"), "CREATE DATABASE " + name);
            execute(server.jdbcUrl(name), TABLES);
            return server.jdbcUrl(name);
        }
    }

    @Nested
    class OnCitus extends Scenarios {

        private CitusDatabase database;

        @Override
        String createTarget() throws SQLException {
            database = TestCitus.database(reason -> Assumptions.abort(reason));
            execute(
                    database.jdbcUrl(),
                    "SET citus.shard_count = 4; " + TABLES
                            + "SELECT create_distributed_table('a', 'id'), create_distributed_table('b', 'id')");
            return database.jdbcUrl();
        }

        @AfterEach
        void drop() throws SQLException {
            if (database != null) {
                database.close();
            }
        }
    }

    private static final String TABLES =
            """
            CREATE TABLE a (id bigint PRIMARY KEY, note text);
            CREATE TABLE b (id bigint PRIMARY KEY, note text);
            """;

    abstract static class Scenarios {

        private final TopicScript topics = TopicScript.perTable();
        private final List<TopicPartition> partitions = new ArrayList<>(List.of(A, B, TRANSACTIONS));
        private CitusSinkTask task;
        private ScriptedContext context;
        private Map<String, String> settings;
        private String url;

        abstract String createTarget() throws SQLException;

        @BeforeEach
        void createTask() throws SQLException {
            url = createTarget();
            settings = new HashMap<>(Map.of(
                    CitusSinkConfig.CONNECTION_URL,
                    url,
                    CitusSinkConfig.CONNECTION_USER,
                    "postgres",
                    CitusSinkConfig.PROGRESS_INTERVAL_MS,
                    "100",
                    CitusSinkConfig.TOPIC_LAYOUT,
                    CitusSinkConfig.PER_TABLE,
                    CitusSinkConfig.TRANSACTION_TOPIC,
                    TRANSACTIONS.topic()));
            startTask();
        }

        @AfterEach
        void stopTask() {
            if (task != null) {
                task.stop();
            }
        }

        private void startTask() {
            task = new CitusSinkTask();
            context = new ScriptedContext(partitions.toArray(TopicPartition[]::new));
            task.initialize(context);
            task.start(settings);
            task.open(partitions);
        }

        private void restartTask() {
            task.stop();
            startTask();
        }

        private void deliver() {
            context.deliver(task, topics, 5);
        }

        private void deliverForALongTime() throws InterruptedException {
            for (int i = 0; i < 50; i++) {
                deliver();
                Thread.sleep(200);
            }
        }

        private List<String> query(String sql) throws SQLException {
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
                List<String> lines = new ArrayList<>();
                while (rows.next()) {
                    lines.add(rows.getString(1));
                }
                return lines;
            }
        }

        @Test
        void transactionsOverTwoTopics_areApplied_andTheirPositionsAreDurable() throws SQLException {
            topics.begin()
                    .insert("a", "id", "id", 1, "note", "x")
                    .insert("b", "id", "id", 1, "note", "x")
                    .end();
            topics.begin()
                    .update("b", "id", "id", 1, "note", "y")
                    .update("a", "id", "id", 1, "note", "y")
                    .end();
            deliver();
            assertThat(query("SELECT a.note || b.note FROM a JOIN b USING (id)"))
                    .containsExactly("yy");
            assertThat(query("SELECT applied_lsn || ' ' || transactions_applied FROM pg2citus.progress"))
                    .containsExactly(topics.lastEndLsn() + " 2");
            assertThat(task.preCommit(Map.of()).get(A).offset()).isEqualTo(2);
            assertThat(task.preCommit(Map.of()).get(TRANSACTIONS).offset()).isEqualTo(4);
            restartTask();
            topics.begin().delete("a", "id", 1).end();
            deliver();
            assertThat(query("SELECT id FROM a")).isEmpty();
        }

        @Test
        void repeatsOfARestartedSource_areAppliedOnce() throws SQLException {
            topics.begin()
                    .insert("a", "id", "id", 1, "note", "x")
                    .insert("b", "id", "id", 1, "note", "x")
                    .end();
            deliver();
            topics.repeat(A.topic(), 1).repeat(B.topic(), 1).repeat(TRANSACTIONS.topic(), 2);
            topics.begin().insert("a", "id", "id", 2, "note", "x");
            // The source is stopped inside of the transaction, and sends what it had not confirmed.
            topics.repeat(A.topic(), 2).repeat(TRANSACTIONS.topic(), 3);
            restartTask();
            deliver();
            topics.insert("b", "id", "id", 2, "note", "x").end();
            deliver();
            assertThat(query("SELECT id FROM a ORDER BY id")).containsExactly("1", "2");
            assertThat(query("SELECT id FROM b ORDER BY id")).containsExactly("1", "2");
            assertThat(query("SELECT transactions_applied FROM pg2citus.progress"))
                    .containsExactly("2");
        }

        @Test
        void transactionLargerThanMemoryAndQueues_isAppliedAsOne() throws SQLException {
            settings.put(CitusSinkConfig.TRANSACTION_MAX_ROWS, "50");
            settings.put(CitusSinkConfig.BATCH_MAX_ROWS, "20");
            settings.put(CitusSinkConfig.QUEUE_MAX_EVENTS, "10");
            largeTransaction();
        }

        @Test
        void transactionLargerThanMemoryByBytes_isAppliedAsOne() throws SQLException {
            settings.put(CitusSinkConfig.TRANSACTION_MAX_BYTES, "20000");
            settings.put(CitusSinkConfig.BATCH_MAX_ROWS, "20");
            settings.put(CitusSinkConfig.QUEUE_MAX_EVENTS, "10");
            largeTransaction();
        }

        private void largeTransaction() throws SQLException {
            restartTask();
            topics.begin().insert("a", "id", "id", 1000, "note", "before").end();
            topics.begin();
            for (int i = 0; i < 200; i++) {
                // First all of one topic, so that the other one has to wait.
                topics.insert(i < 100 ? "a" : "b", "id", "id", i, "note", "n".repeat(20));
            }
            topics.update("a", "id", "id", 5, "note", "last");
            deliver();
            assertThat(query("SELECT id FROM a")).containsExactly("1000");
            topics.end();
            topics.begin().delete("a", "id", 1000).end();
            deliver();
            assertThat(query("SELECT count(*) FROM a")).containsExactly("100");
            assertThat(query("SELECT count(*) FROM b")).containsExactly("100");
            assertThat(query("SELECT id FROM a WHERE note = 'last'")).containsExactly("5");
            assertThat(context.wasPaused(B)).isTrue();
            assertThat(context.wasPaused(TRANSACTIONS)).isFalse();
        }

        @Test
        void topicThatAppearsLater_joinsTheStream() throws SQLException {
            task.stop();
            partitions.remove(B);
            startTask();
            topics.begin()
                    .insert("a", "id", "id", 1, "note", "x")
                    .insert("b", "id", "id", 1, "note", "x")
                    .end();
            deliver();
            assertThat(query("SELECT id FROM a")).isEmpty();
            // As Connect does it: everything is taken away and given again.
            task.close(partitions);
            partitions.add(B);
            context = new ScriptedContext(partitions.toArray(TopicPartition[]::new));
            task.initialize(context);
            task.open(partitions);
            deliver();
            assertThat(query("SELECT id FROM b")).containsExactly("1");
        }

        @Test
        void partitionsThatAreTakenAway_stopTheTask() {
            task.close(List.of(B));
            assertThatThrownBy(() -> task.put(List.of()))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("CF004")
                    .hasMessageContaining(A.toString());
        }

        @Test
        void topicWithTwoPartitions_isRefused() {
            task.stop();
            CitusSinkTask other = new CitusSinkTask();
            other.initialize(context);
            other.start(settings);
            assertThatThrownBy(() -> other.open(List.of(A, new TopicPartition(A.topic(), 1), TRANSACTIONS)))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("CF002")
                    .hasMessageContaining("topic.creation.default.partitions=1");
        }

        @Test
        void eventThatNeverComes_haltsAndSaysWhich() throws Exception {
            settings.put(CitusSinkConfig.TRANSACTION_WAIT_TIMEOUT_MS, "1000");
            task.stop();
            partitions.remove(B);
            startTask();
            topics.begin()
                    .insert("a", "id", "id", 1, "note", "x")
                    .insert("b", "id", "id", 1, "note", "x")
                    .end();
            assertThatThrownBy(this::deliverForALongTime)
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("TX011")
                    .hasMessageContaining("event 2 of 2");
        }

        @Test
        void refusedTransaction_haltsBehindThoseBeforeIt_andNamesTopicsAndOffsets() throws SQLException {
            for (int i = 0; i < 3; i++) {
                topics.begin()
                        .insert("a", "id", "id", i, "note", "x")
                        .insert("b", "id", "id", i, "note", "x")
                        .end();
            }
            topics.begin()
                    .update("a", "id", "id", 404, "note", "x")
                    .insert("b", "id", "id", 404, "note", "x")
                    .end();
            String lsn = topics.lastEndLsn().toString();
            topics.begin().insert("a", "id", "id", 5, "note", "after").end();
            assertThatThrownBy(() -> context.deliver(task, topics, 1_000))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageStartingWith("AP003")
                    .hasMessageContaining("Where: source transaction that ends at LSN " + lsn
                            + ", topic app.public.a-0, offsets 3 to 3; topic app.public.b-0, offsets 3 to 3;"
                            + " topic app.transaction-0, offsets 6 to 7.");
            assertThat(query("SELECT id FROM b ORDER BY id")).containsExactly("0", "1", "2");
            assertThat(query("SELECT transactions_applied FROM pg2citus.progress"))
                    .containsExactly("3");
            execute(url, "INSERT INTO a VALUES (404, 'repaired')");
            restartTask();
            deliver();
            assertThat(query("SELECT id FROM a ORDER BY id")).containsExactly("0", "1", "2", "5", "404");
        }

        @Test
        void refusedLargeTransaction_namesItsEnd() throws SQLException {
            settings.put(CitusSinkConfig.TRANSACTION_MAX_ROWS, "5");
            restartTask();
            topics.begin();
            for (int i = 0; i < 9; i++) {
                topics.insert("a", "id", "id", i, "note", "x");
            }
            topics.update("b", "id", "id", 404, "note", "x").end();
            assertThatThrownBy(this::deliver)
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("Where: source transaction that ends at LSN " + topics.lastEndLsn()
                            + ", its END is at offset 1 of topic app.transaction-0.");
            assertThat(query("SELECT id FROM a")).isEmpty();
        }

        /** What was read again would begin with them, if their position had not been made durable first. */
        @Test
        void transactionLargerThanMemoryByBytes_behindEmptyOnes_isAppliedAsOne() throws SQLException {
            settings.put(CitusSinkConfig.TRANSACTION_MAX_BYTES, "2000");
            settings.put(CitusSinkConfig.PROGRESS_INTERVAL_MS, "60000");
            restartTask();
            topics.begin().insert("a", "id", "id", 1000, "note", "before").end();
            deliver();
            topics.begin().end().begin().end().begin();
            for (int i = 0; i < 50; i++) {
                topics.insert(i % 2 == 0 ? "a" : "b", "id", "id", i, "note", "n".repeat(20));
            }
            topics.end();
            deliver();
            assertThat(query("SELECT count(*) FROM a")).containsExactly("26");
            assertThat(query("SELECT transactions_applied FROM pg2citus.progress"))
                    .containsExactly("4");
        }

        @Test
        void snapshotRowAmidstATransaction_isAppliedBehindTheChangesBeforeIt() throws SQLException {
            topics.begin().insert("a", "id", "id", 1, "note", "inserted");
            topics.snapshot().snapshotRow("a", "id", "id", 1, "note", "read");
            topics.insert("b", "id", "id", 1, "note", "x");
            deliver();
            topics.end();
            deliver();
            assertThat(query("SELECT note FROM a")).containsExactly("read");
            assertThat(query("SELECT id FROM b")).containsExactly("1");
        }

        @Test
        void snapshotRowAmidstALargeTransaction_isAppliedBehindTheChangesBeforeIt() throws SQLException {
            settings.put(CitusSinkConfig.TRANSACTION_MAX_ROWS, "3");
            restartTask();
            topics.begin().insert("a", "id", "id", 1, "note", "inserted");
            topics.snapshot().snapshotRow("a", "id", "id", 1, "note", "read");
            for (int i = 0; i < 5; i++) {
                topics.insert("b", "id", "id", i, "note", "x");
            }
            topics.end();
            deliver();
            assertThat(query("SELECT note FROM a")).containsExactly("read");
            assertThat(query("SELECT count(*) FROM b")).containsExactly("5");
        }

        @Test
        void snapshotRows_areFollowedByTheStream() throws SQLException {
            topics.snapshot();
            for (int i = 0; i < 12; i++) {
                topics.snapshotRow(i % 2 == 0 ? "a" : "b", "id", "id", i, "note", "s");
            }
            topics.begin()
                    .update("a", "id", "id", 2, "note", "u")
                    .delete("b", "id", 3)
                    .end();
            deliver();
            restartTask();
            topics.repeat(A.topic(), 1);
            deliver();
            assertThat(query("SELECT count(*) FROM a")).containsExactly("6");
            assertThat(query("SELECT count(*) FROM b")).containsExactly("5");
            assertThat(query("SELECT note FROM a WHERE id = 2")).containsExactly("u");
            assertThat(query("SELECT table_name FROM pg2citus.snapshot_table ORDER BY 1"))
                    .containsExactly("a", "b");
        }

        @Test
        void manyTransactionsAndRestarts_endAsOnTheSource() throws SQLException {
            Random random = new Random(7);
            Map<String, String> a = new HashMap<>();
            for (int round = 0; round < 12; round++) {
                for (int t = 0; t < 8; t++) {
                    topics.begin();
                    for (int i = random.nextInt(12); i > 0; i--) {
                        String id = String.valueOf(random.nextInt(20));
                        String note = "r" + round + "t" + t + "i" + i;
                        if (a.put(id, note) == null) {
                            topics.insert("a", "id", "id", id, "note", note).insert("b", "id", "id", id, "note", note);
                        } else {
                            topics.update("b", "id", "id", id, "note", note).update("a", "id", "id", id, "note", note);
                        }
                    }
                    topics.end();
                }
                deliver();
                if (random.nextBoolean()) {
                    restartTask();
                }
            }
            List<String> expected = a.entrySet().stream()
                    .map(entry -> entry.getKey() + entry.getValue())
                    .sorted()
                    .toList();
            assertThat(query("SELECT id || note FROM a ORDER BY (id || note) COLLATE \"C\""))
                    .isEqualTo(expected);
            assertThat(query("SELECT id || note FROM b ORDER BY (id || note) COLLATE \"C\""))
                    .isEqualTo(expected);
        }
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
