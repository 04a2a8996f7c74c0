package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
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

/** The whole sink on a real target: what the topic says ends in the target, whole transactions, exactly once. */
class CitusSinkTaskIT {

    private static final TopicPartition PARTITION = new TopicPartition(TopicScript.TOPIC, 0);

    private static final String TABLES =
            """
            CREATE TABLE account (id bigint, owner bigint, balance numeric, note text, PRIMARY KEY (%s));
            CREATE TABLE transfer (id bigint PRIMARY KEY, amount numeric);
            CREATE TABLE log (line text, owner bigint);
            """;

    @Nested
    class OnPlainPostgres extends Scenarios {

        private static PostgresServer server;

        @BeforeAll
        static void start() {
            server = LocalPostgres.start(Map.of());
        }

        @AfterAll
        static void stop() {
            server.close();
        }

        @Override
        String createTarget() throws SQLException {
            String name = "target" + System.nanoTime();
            try (Connection connection = server.connect("postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE " + name);
            }
            execute(server.jdbcUrl(name), TABLES.formatted("id"));
            return server.jdbcUrl(name);
        }

        @Test
        void put_ofASmallBatch_waitsForMoreUntilItIsOldEnough() throws Exception {
            settings.put(CitusSinkConfig.BATCH_MAX_AGE_MS, "3000");
            task.stop();
            startTask();
            topic.begin().insert("log", null, "line", "alone", "owner", 1).end();
            task.put(topic.from(TopicScript.TOPIC, 0, 100));
            while (task.isBusy()) {
                task.put(List.of());
            }
            assertThat(query("SELECT line FROM log")).containsExactly("alone");
            for (int i = 0; i < 3; i++) {
                int from = topic.size();
                topic.begin()
                        .insert("log", null, "line", "together", "owner", 1)
                        .end();
                task.put(topic.from(TopicScript.TOPIC, from, 100));
            }
            assertThat(query("SELECT line FROM log")).containsExactly("alone");
            Thread.sleep(3_000);
            deliver();
            assertThat(query("SELECT line, count(*), count(DISTINCT xmin::text) FROM log GROUP BY line ORDER BY line"))
                    .containsExactly("alone|1|1", "together|3|1");
        }

        @Test
        void put_whileTheTargetIsDown_goesOnWhereItWas() throws SQLException {
            topic.begin()
                    .insert("account", "id", "id", 1, "owner", 7, "balance", 5)
                    .end();
            deliver();
            server.kill();
            topic.begin()
                    .insert("account", "id", "id", 2, "owner", 7, "balance", 5)
                    .end();
            Thread starter = new Thread(() -> {
                try {
                    Thread.sleep(1_500);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                server.start();
            });
            starter.start();
            deliver();
            assertThat(query("SELECT count(*), sum(balance) FROM account")).containsExactly("2|10");
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
                    TABLES.formatted("owner, id")
                            + "SELECT create_distributed_table('account', 'owner');"
                            + "SELECT create_reference_table('transfer');"
                            + "SELECT create_distributed_table('log', 'owner');");
            return database.jdbcUrl();
        }

        @AfterEach
        void drop() throws SQLException {
            if (database != null) {
                task.stop();
                database.close();
            }
        }
    }

    abstract static class Scenarios {

        final TopicScript topic = new TopicScript();
        CitusSinkTask task;
        private String url;
        private ScriptedContext context;
        Map<String, String> settings;

        abstract String createTarget() throws SQLException;

        @BeforeEach
        void createTask() throws SQLException {
            url = createTarget();
            settings = new HashMap<>(Map.of(
                    CitusSinkConfig.CONNECTION_URL, url,
                    CitusSinkConfig.CONNECTION_USER, "postgres",
                    CitusSinkConfig.PROGRESS_INTERVAL_MS, "100"));
            startTask();
        }

        @AfterEach
        void stopTask() {
            task.stop();
        }

        final void startTask() {
            task = new CitusSinkTask();
            context = new ScriptedContext(PARTITION);
            task.initialize(context);
            task.start(settings);
            task.open(List.of(PARTITION));
            while (task.isBusy()) {
                task.put(List.of());
            }
        }

        final void deliver() {
            context.deliver(task, topic, 7);
        }

        final List<String> query(String sql) throws SQLException {
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
                List<String> lines = new java.util.ArrayList<>();
                while (rows.next()) {
                    StringBuilder line = new StringBuilder();
                    for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                        line.append(i == 1 ? "" : "|").append(rows.getString(i));
                    }
                    lines.add(line.toString());
                }
                return lines;
            }
        }

        @Test
        void put_wholeTransactions_areAppliedWithTheirProgress() throws SQLException {
            topic.begin()
                    .insert("account", "id", "id", 1, "owner", 7, "balance", "100.50", "note", "a\tb\\c\n")
                    .insert("account", "id", "id", 2, "owner", 8, "balance", "0", "note", null)
                    .insert("log", null, "line", "opened", "owner", 7)
                    .end();
            topic.begin()
                    .update("account", "id", "id", 1, "owner", 7, "balance", "90.50", "note", TopicScript.UNCHANGED)
                    .update("account", "id", "id", 2, "owner", 8, "balance", "10", "note", "")
                    .insert("transfer", "id", "id", 1, "amount", "10")
                    .insert("log", null, "line", "moved", "owner", 7)
                    .end();
            deliver();

            assertThat(query("SELECT id, owner, balance, note FROM account ORDER BY id"))
                    .containsExactly("1|7|90.50|a\tb\\c\n", "2|8|10|");
            assertThat(query("SELECT amount FROM transfer")).containsExactly("10");
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("moved", "opened");
            assertThat(
                            query(
                                    "SELECT applied_lsn, next_offset, rows_applied, transactions_applied FROM pg2citus.progress"))
                    .containsExactly(topic.lastEndLsn() + "|" + topic.size() + "|7|2");
            assertThat(task.preCommit(Map.of()).get(PARTITION).offset()).isEqualTo(topic.size());
        }

        @Test
        void put_recordsWhileTheTargetIsBusy_areLeftToConnect_andAppliedOnce() throws SQLException {
            topic.begin()
                    .insert("account", "id", "id", 1, "owner", 7, "balance", 5)
                    .end();
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("LOCK TABLE account IN SHARE MODE");
                task.put(topic.from(TopicScript.TOPIC, 0, 100));
                assertThat(task.isBusy()).isTrue();
                int first = topic.size();
                topic.begin().insert("log", null, "line", "later", "owner", 7).end();
                assertThatThrownBy(() -> task.put(topic.from(TopicScript.TOPIC, first, 100)))
                        .isInstanceOf(RetriableException.class);
                connection.rollback();
                putUntilTaken(topic.from(TopicScript.TOPIC, first, 100));
            }
            while (task.isBusy()) {
                task.put(List.of());
            }
            assertThat(query("SELECT count(*), sum(balance) FROM account")).containsExactly("1|5");
            assertThat(query("SELECT line FROM log")).containsExactly("later");
        }

        /** As Connect does with records that a task could not take. */
        private void putUntilTaken(List<SinkRecord> records) {
            for (int attempt = 0; attempt < 60; attempt++) {
                try {
                    task.put(records);
                    return;
                } catch (RetriableException e) {
                    assertThat(task.isBusy()).isTrue();
                }
            }
            throw new AssertionError("the task never takes the records");
        }

        @Test
        void open_afterARestart_goesOnFromTheTargetsPosition() throws SQLException {
            topic.begin().insert("log", null, "line", "one", "owner", 7).end();
            deliver();
            task.stop();
            startTask();
            topic.begin().insert("log", null, "line", "two", "owner", 7).end();
            deliver();
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("one", "two");
        }

        @Test
        void put_transactionSentAgainAfterASourceRestart_isAppliedOnce() throws SQLException {
            topic.begin().insert("log", null, "line", "one", "owner", 7).end();
            TopicScript again = topic;
            deliver();
            again.begin().insert("log", null, "line", "cut", "owner", 7);
            again.beginAgain()
                    .insert("log", null, "line", "cut", "owner", 7)
                    .insert("log", null, "line", "whole", "owner", 8)
                    .end();
            deliver();
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("cut", "one", "whole");
        }

        @Test
        void put_withoutItsEnd_appliesNothing() throws SQLException {
            topic.begin().insert("log", null, "line", "one", "owner", 7);
            deliver();
            assertThat(query("SELECT line FROM log")).isEmpty();
            topic.end();
            deliver();
            assertThat(query("SELECT line FROM log")).containsExactly("one");
        }

        @Test
        void put_transactionTooLargeForMemory_isAppliedAsOne() throws SQLException {
            settings.put(CitusSinkConfig.TRANSACTION_MAX_ROWS, "100");
            settings.put(CitusSinkConfig.BATCH_MAX_ROWS, "64");
            task.stop();
            startTask();
            topic.begin().insert("log", null, "line", "before", "owner", 1).end();
            topic.begin();
            for (int i = 0; i < 1_000; i++) {
                topic.insert("account", "id", "id", i, "owner", i % 20, "balance", i, "note", "n" + i);
                if (i % 10 == 9) {
                    topic.update(
                            "account",
                            "id",
                            "id",
                            i - 5,
                            "owner",
                            (i - 5) % 20,
                            "balance",
                            1,
                            "note",
                            TopicScript.UNCHANGED);
                    topic.delete("account", "id", i - 7);
                }
            }
            deliver();
            assertThat(query("SELECT count(*) FROM account")).containsExactly("0");
            topic.end();
            topic.begin().insert("log", null, "line", "after", "owner", 1).end();
            deliver();
            assertThat(
                            query(
                                    "SELECT count(*), count(*) FILTER (WHERE balance = 1), count(*) FILTER (WHERE note = 'n' || id) FROM account"))
                    .containsExactly("900|101|900");
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("after", "before");
            assertThat(query("SELECT applied_lsn, next_offset FROM pg2citus.progress"))
                    .containsExactly(topic.lastEndLsn() + "|" + topic.size());
        }

        @Test
        void put_beyondTheHold_waitsUntilItIsLifted() throws SQLException {
            topic.begin().insert("log", null, "line", "one", "owner", 7).end();
            execute(url, "UPDATE pg2citus.progress SET hold_at_lsn = '" + topic.lastEndLsn() + "'");
            topic.begin().insert("log", null, "line", "two", "owner", 7).end();
            task.stop();
            startTask();
            deliver();
            assertThat(query("SELECT line FROM log")).containsExactly("one");
            assertThat(context.isPaused()).isTrue();

            execute(url, "UPDATE pg2citus.progress SET hold_at_lsn = NULL");
            deliver();
            assertThat(context.isPaused()).isFalse();
            deliver();
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("one", "two");
        }

        @Test
        void put_holdThatIsMovedMeanwhile_saysOnlyWhatIsApplied() throws SQLException {
            topic.begin().insert("log", null, "line", "one", "owner", 7).end();
            execute(url, "UPDATE pg2citus.progress SET hold_at_lsn = '" + topic.lastEndLsn() + "'");
            topic.begin().insert("log", null, "line", "two", "owner", 7).end();
            String two = topic.lastEndLsn().toString();
            topic.begin().insert("log", null, "line", "three", "owner", 7).end();
            task.stop();
            startTask();
            // The task learns of it with the write that it makes because of the old one.
            execute(url, "UPDATE pg2citus.progress SET hold_at_lsn = '" + two + "'");
            for (int delivery = 1; delivery <= 4; delivery++) {
                deliver();
                assertThat(query("SELECT coalesce(seen_lsn, '0/0') <= applied_lsn FROM pg2citus.progress"))
                        .containsExactly("t");
            }
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("one", "two");

            // Moved where nothing lies in between, it is said to be reached, and what is beyond it waits on.
            execute(url, "UPDATE pg2citus.progress SET hold_at_lsn = hold_at_lsn + 1");
            deliver();
            deliver();
            assertThat(query("SELECT seen_lsn = hold_at_lsn FROM pg2citus.progress"))
                    .containsExactly("t");
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("one", "two");
            execute(url, "UPDATE pg2citus.progress SET hold_at_lsn = NULL");
            deliver();
            deliver();
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("one", "three", "two");
        }

        @Test
        void put_byATaskThatWasReplaced_isRefused() throws SQLException {
            CitusSinkTask zombie = task;
            ScriptedContext zombieContext = context;
            startTask();
            topic.begin().insert("log", null, "line", "one", "owner", 7).end();
            deliver();
            topic.begin().insert("log", null, "line", "two", "owner", 7).end();
            assertThatThrownBy(() -> zombieContext.deliver(zombie, topic, 7)).isInstanceOf(ConnectException.class);
            zombie.stop();
            assertThat(query("SELECT line FROM log")).containsExactly("one");
            deliver();
            assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("one", "two");
        }

        @Test
        void put_changesThatTheCopyHas_areLeftOut() throws SQLException {
            topic.begin()
                    .insert("account", "id", "id", 1, "owner", 7, "balance", 1)
                    .insert("log", null, "line", "one", "owner", 7)
                    .end();
            execute(
                    url,
                    "INSERT INTO pg2citus.copied_table (pipeline, table_schema, table_name, copy_lsn) VALUES"
                            + " ('default', 'public', 'account', '" + topic.lastEndLsn() + "'),"
                            + " ('default', 'public', 'log', '0/1')");
            topic.begin()
                    .insert("account", "id", "id", 2, "owner", 7, "balance", 1)
                    .end();
            task.stop();
            startTask();
            deliver();
            assertThat(query("SELECT id FROM account")).containsExactly("2");
            assertThat(query("SELECT line FROM log")).containsExactly("one");
        }

        @Test
        void put_changeOfAnUnknownTable_haltsAndAppliesNothing() throws SQLException {
            topic.begin()
                    .insert("log", null, "line", "one", "owner", 7)
                    .insert("nowhere", "id", "id", 1)
                    .end();
            assertThatThrownBy(this::deliver)
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("public.nowhere");
            assertThat(query("SELECT line FROM log")).isEmpty();
            assertThat(query("SELECT applied_lsn FROM pg2citus.progress")).containsExactly("0/0");
        }

        @Test
        void put_updateOfAMissingRow_haltsAndAppliesNothing() throws SQLException {
            topic.begin()
                    .insert("log", null, "line", "one", "owner", 7)
                    .update("account", "id", "id", 1, "owner", 7, "balance", 1, "note", null)
                    .end();
            assertThatThrownBy(this::deliver)
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("public.account");
            assertThat(query("SELECT line FROM log")).isEmpty();
        }

        @Test
        void put_beyondMissingOffsets_halts() throws SQLException {
            topic.begin().insert("log", null, "line", "one", "owner", 7).end();
            deliver();
            assertThatThrownBy(() -> task.put(List.of(topic.laterBy(3))))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("TK001");
        }

        @Test
        void put_emptyTransactions_writeOnlyThePosition() throws Exception {
            for (int i = 0; i < 50; i++) {
                topic.begin().end();
            }
            deliver();
            Thread.sleep(150);
            deliver();
            assertThat(query("SELECT applied_lsn, next_offset, rows_applied, transactions_applied FROM"
                            + " pg2citus.progress"))
                    .containsExactly(topic.lastEndLsn() + "|" + topic.size() + "|0|50");
        }

        @Test
        void put_snapshotRows_replaceThemselvesAndAreFollowedByChanges() throws SQLException {
            topic.snapshot()
                    .snapshotRow("account", "id", "id", 1, "owner", 7, "balance", 5, "note", "a")
                    .snapshotRow("account", "id", "id", 2, "owner", 8, "balance", 6, "note", "b");
            deliver();
            task.stop();
            startTask();
            // As after a restart of the snapshot in which nothing had changed.
            topic.snapshotRow("account", "id", "id", 1, "owner", 7, "balance", 5, "note", "a")
                    .snapshotRow("account", "id", "id", 2, "owner", 8, "balance", 6, "note", "b")
                    .snapshotRow("account", "id", "id", 3, "owner", 8, "balance", 7, "note", "c");
            topic.begin()
                    .update("account", "id", "id", 1, "owner", 7, "balance", 9, "note", TopicScript.UNCHANGED)
                    .delete("account", "id", 2)
                    .end();
            deliver();
            assertThat(query("SELECT id, owner, balance, note FROM account ORDER BY id"))
                    .containsExactly("1|7|9|a", "3|8|7|c");
            assertThat(query("SELECT applied_lsn, next_offset FROM pg2citus.progress"))
                    .containsExactly(topic.lastEndLsn() + "|" + topic.size());
        }

        @Test
        void put_rowsOfAnotherSnapshot_halt() throws SQLException {
            topic.snapshot().snapshotRow("account", "id", "id", 1, "owner", 7, "balance", 5, "note", "a");
            deliver();
            topic.snapshot().snapshotRow("account", "id", "id", 1, "owner", 7, "balance", 6, "note", "a");
            assertThatThrownBy(this::deliver)
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("CF003")
                    .hasMessageContaining("public.account");
            task.stop();
            execute(url, "TRUNCATE account", "DELETE FROM pg2citus.snapshot_table WHERE pipeline = 'default'");
            startTask();
            deliver();
            assertThat(query("SELECT id, balance FROM account")).containsExactly("1|6");
        }

        @Test
        void put_marks_moveTheSeenPosition() throws Exception {
            topic.begin().insert("log", null, "line", "one", "owner", 7).end();
            topic.mark();
            deliver();
            assertThat(query("SELECT seen_lsn > applied_lsn, next_offset FROM pg2citus.progress"))
                    .containsExactly("t|" + topic.size());
        }
    }

    private static void execute(String url, String... commands) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String sql : commands) {
                statement.execute(sql);
            }
        }
    }
}
