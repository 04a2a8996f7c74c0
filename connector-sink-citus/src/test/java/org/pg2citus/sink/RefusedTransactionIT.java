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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.TestCitus;

/** One transaction of a batch is refused: those before it are applied, and the message names it and no other. */
class RefusedTransactionIT {

    private static final TopicPartition PARTITION = new TopicPartition(TopicScript.TOPIC, 0);

    private final TopicScript topic = new TopicScript();
    private final Map<String, String> settings = new HashMap<>();
    private CitusDatabase database;
    private CitusSinkTask task;
    private ScriptedContext context;

    @BeforeEach
    void openTask() throws SQLException {
        database = TestCitus.database(reason -> Assumptions.abort(reason));
        execute(
                """
                SET citus.shard_count = 4;
                CREATE TABLE account (id int, owner int, note text NOT NULL, PRIMARY KEY (owner, id));
                SELECT create_distributed_table('account', 'owner');
                CREATE TABLE log (owner int, line text);
                SELECT create_distributed_table('log', 'owner')""");
        settings.put(CitusSinkConfig.CONNECTION_URL, database.jdbcUrl());
        settings.put(CitusSinkConfig.CONNECTION_USER, "postgres");
        startTask();
    }

    @AfterEach
    void close() throws SQLException {
        if (database != null) {
            task.stop();
            database.close();
        }
    }

    private void startTask() {
        // A new task has a new consumer: nothing is paused that the one before it paused.
        context = new ScriptedContext(PARTITION);
        task = new CitusSinkTask();
        task.initialize(context);
        task.start(settings);
        task.open(List.of(PARTITION));
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<String> query(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database.jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (row.next()) {
                values.add(row.getString(1));
            }
            return values;
        }
    }

    private void log(String line) {
        topic.begin().insert("log", null, "owner", 1, "line", line).end();
    }

    /** Five good transactions, the one that {@code bad} adds, five more; in one batch. */
    private void script(Runnable bad) {
        for (int i = 1; i <= 5; i++) {
            log("before " + i);
        }
        bad.run();
        for (int i = 1; i <= 5; i++) {
            log("after " + i);
        }
    }

    private void assertHaltsAtTheBadOne(String code, long firstOffset, long lastOffset, String lsn)
            throws SQLException {
        assertThatThrownBy(() -> context.deliver(task, topic, 1_000))
                .isInstanceOf(ConnectException.class)
                .hasMessageStartingWith(code)
                .hasMessageContaining("public.account")
                .hasMessageContaining("Where: source transaction that ends at LSN %s, topic stream-0, offsets %d to %d."
                        .formatted(lsn, firstOffset, lastOffset));
        assertThat(query("SELECT line FROM log ORDER BY line"))
                .containsExactly("before 1", "before 2", "before 3", "before 4", "before 5");
        assertThat(query("SELECT transactions_applied FROM pg2citus.progress")).containsExactly("5");
        assertThat(query("SELECT next_offset FROM pg2citus.progress")).containsExactly(String.valueOf(firstOffset));
    }

    @Test
    void missingRow_haltsAtItsTransaction_andAfterTheRepairEachIsAppliedOnce() throws SQLException {
        String[] lsn = new String[1];
        script(() -> {
            topic.begin()
                    .insert("account", "id", "id", 1, "owner", 7, "note", "half")
                    .update("account", "id", "id", 404, "owner", 7, "note", "x")
                    .end();
            lsn[0] = topic.lastEndLsn().toString();
        });
        assertHaltsAtTheBadOne("AP003: ", 15, 18, lsn[0]);
        assertThat(query("SELECT id FROM account")).isEmpty();

        task.stop();
        execute("INSERT INTO account VALUES (404, 7, 'repaired')");
        startTask();
        context.deliver(task, topic, 1_000);
        assertThat(query("SELECT count(*) FROM log")).containsExactly("10");
        assertThat(query("SELECT id || note FROM account ORDER BY id")).containsExactly("1half", "404x");
        assertThat(query("SELECT transactions_applied FROM pg2citus.progress")).containsExactly("11");
    }

    @Test
    void violatedConstraint_haltsAtItsTransaction() throws SQLException {
        String[] lsn = new String[1];
        script(() -> {
            topic.begin()
                    .insert("account", "id", "id", 1, "owner", 7, "note", null)
                    .end();
            lsn[0] = topic.lastEndLsn().toString();
        });
        assertHaltsAtTheBadOne("AP009: ", 15, 17, lsn[0]);
    }

    @Test
    void impossibleHistory_haltsBehindWhatCameBefore() throws SQLException {
        String[] lsn = new String[1];
        topic.begin()
                .insert("account", "id", "id", 1, "owner", 7, "note", "one")
                .end();
        topic.begin().delete("account", "id", 1).end();
        topic.begin()
                .update("account", "id", "id", 1, "owner", 7, "note", "two")
                .end();
        lsn[0] = topic.lastEndLsn().toString();
        log("after");
        // Reduced, it is found at once; one by one, by the target.
        assertThatThrownBy(() -> context.deliver(task, topic, 1_000))
                .isInstanceOf(ConnectException.class)
                .hasMessageStartingWith("AP003")
                .hasMessageContaining("ends at LSN " + lsn[0]);
        assertThat(query("SELECT transactions_applied FROM pg2citus.progress")).containsExactly("2");
        assertThat(query("SELECT count(*) FROM log")).containsExactly("0");
    }

    @Test
    void unreadableRecord_haltsBehindWhatCameBefore() throws SQLException {
        log("before 1");
        log("before 2");
        topic.begin().raw("u", "account", null, null, null);
        assertThatThrownBy(() -> context.deliver(task, topic, 1_000)).isInstanceOf(ConnectException.class);
        assertThat(query("SELECT line FROM log ORDER BY line")).containsExactly("before 1", "before 2");
        assertThat(query("SELECT transactions_applied FROM pg2citus.progress")).containsExactly("2");
    }

    @Test
    void missingRow_underCount_isLeftOutAndCounted() throws SQLException {
        task.stop();
        settings.put(CitusSinkConfig.DIVERGENCE_POLICY, "count");
        startTask();
        script(() -> topic.begin()
                .insert("account", "id", "id", 1, "owner", 7, "note", "whole")
                .update("account", "id", "id", 404, "owner", 7, "note", "x")
                .end());
        context.deliver(task, topic, 1_000);
        assertThat(query("SELECT count(*) FROM log")).containsExactly("10");
        assertThat(query("SELECT id || note FROM account")).containsExactly("1whole");
        assertThat(query("SELECT transactions_applied FROM pg2citus.progress")).containsExactly("11");
    }

    /** Rows as the source's replica identity lets the WAL have them: what is not known of the old row is null. */
    @Test
    void everyReplicaIdentity_endsAsOnTheSource() throws SQLException {
        Map<String, Object> one = TopicScript.row("id", 1, "owner", 7, "note", "a");
        Map<String, Object> two = TopicScript.row("id", 2, "owner", 8, "note", "b");
        Map<String, Object> changed = TopicScript.row("id", 1, "owner", 7, "note", "A");
        Map<String, Object> moved = TopicScript.row("id", 2, "owner", 9, "note", "B");
        List<String> end = List.of("1|7|A", "2|9|B");
        String rows = "SELECT id || '|' || owner || '|' || note FROM account ORDER BY id";
        // default, or an index: the key alone, and the old key only if it changed
        for (String key : List.of("id", "owner")) {
            topic.begin()
                    .raw("c", "account", TopicScript.row(key, one.get(key)), null, one)
                    .raw("c", "account", TopicScript.row(key, two.get(key)), null, two)
                    .raw(
                            "c",
                            "account",
                            TopicScript.row(key, 3),
                            null,
                            TopicScript.row("id", 3, "owner", 3, "note", "c"))
                    .end();
            topic.begin()
                    .raw("u", "account", TopicScript.row(key, one.get(key)), null, changed)
                    .raw("d", "account", TopicScript.row(key, 3), TopicScript.row(key, 3, "note", null), null)
                    .end();
            context.deliver(task, topic, 1_000);
            assertThat(query(rows)).containsExactly("1|7|A", "2|8|b");
            topic.begin().truncate("account").end();
        }
        // full, with a key and without
        for (boolean withKey : new boolean[] {true, false}) {
            topic.begin()
                    .raw("c", "account", withKey ? TopicScript.row("id", 1) : null, null, one)
                    .raw("c", "account", withKey ? TopicScript.row("id", 2) : null, null, two)
                    .end();
            topic.begin()
                    .raw("u", "account", withKey ? TopicScript.row("id", 1) : null, one, changed)
                    .raw("u", "account", withKey ? TopicScript.row("id", 2) : null, two, moved)
                    .end();
            context.deliver(task, topic, 1_000);
            assertThat(query(rows)).containsExactlyElementsOf(end);
            topic.begin()
                    .raw("d", "account", withKey ? TopicScript.row("id", 1) : null, changed, null)
                    .raw("d", "account", withKey ? TopicScript.row("id", 2) : null, moved, null)
                    .end();
            context.deliver(task, topic, 1_000);
            assertThat(query(rows)).isEmpty();
        }
        // nothing: inserts only, and the source refuses the rest
        topic.begin()
                .raw("c", "account", null, null, one)
                .raw("c", "account", null, null, two)
                .end();
        context.deliver(task, topic, 1_000);
        assertThat(query(rows)).containsExactly("1|7|a", "2|8|b");
    }
}
