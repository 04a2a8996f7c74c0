package org.pg2citus.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.source.TopicReader.Entry;

/** What the topic looks like: the sink relies on each of these. */
final class TopicContractIT {

    private static final String UNCHANGED = "\u0000";

    private TestSource.Database database;

    @BeforeEach
    void createDatabase() throws Exception {
        database = TestSource.shared().database("contract");
        database.execute("CREATE TABLE item (id int PRIMARY KEY, name text, big text)");
        database.execute("ALTER TABLE item ALTER big SET STORAGE EXTERNAL");
    }

    @AfterEach
    void stopConnector() throws Exception {
        database.stop();
    }

    @Test
    void changesOfATransaction_areNumberedBetweenBeginAndEnd() throws Exception {
        List<Entry> entries = entriesOf(
                """
                BEGIN;
                INSERT INTO item VALUES (1, 'one', NULL), (2, 'two', NULL);
                UPDATE item SET name = 'ONE' WHERE id = 1;
                DELETE FROM item WHERE id = 2;
                TRUNCATE item;
                COMMIT""");

        assertThat(entries).extracting(Entry::op).containsExactly("BEGIN", "c", "c", "u", "d", "t", "END");
        assertThat(entries.subList(1, 6))
                .extracting(entry -> entry.at("transaction", "total_order"))
                .containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(entries.get(6).at("event_count")).isEqualTo(5L);
        assertThat(entries).extracting(Entry::xid).containsOnly(entries.get(0).xid());
        assertThat(entries.get(1).key()).isEqualTo(Map.of("id", "1"));
        assertThat(entries.get(1).column("name")).isEqualTo("one");
        assertThat(((Map<?, ?>) entries.get(1).at("after")).keySet()).hasSize(3);
        assertThat(entries.get(3).at("before")).isNull();
        assertThat(entries.get(4).at("before", "id")).isEqualTo("2");
        assertThat(entries.get(5).key()).isNull();
        assertThat(entries.get(5).at("source", "table")).isEqualTo("item");
    }

    @Test
    void changedKey_isAPairWithBothKeysInHeaders() throws Exception {
        database.execute("INSERT INTO item VALUES (1, 'one', repeat('x', 10000))");

        List<Entry> entries = entriesOf("UPDATE item SET id = 7 WHERE id = 1");

        assertThat(entries).extracting(Entry::op).containsExactly("BEGIN", "d", "c", "END");
        assertThat(entries.get(1).key()).isEqualTo(Map.of("id", "1"));
        assertThat(entries.get(1).headers()).containsEntry("__debezium.newkey", Map.of("id", "7"));
        assertThat(entries.get(2).key()).isEqualTo(Map.of("id", "7"));
        assertThat(entries.get(2).headers()).containsEntry("__debezium.oldkey", Map.of("id", "1"));
        assertThat(entries.get(2).column("big")).isEqualTo(UNCHANGED);
        assertThat(entries.get(3).at("event_count")).isEqualTo(2L);
    }

    @Test
    void unchangedToastValue_isOneNulCharacter() throws Exception {
        database.execute("INSERT INTO item VALUES (1, 'one', repeat('x', 10000))");

        List<Entry> entries = entriesOf("UPDATE item SET name = '__debezium_unavailable_value' WHERE id = 1");

        assertThat(entries.get(1).column("big")).isEqualTo(UNCHANGED);
        assertThat(entries.get(1).column("name")).isEqualTo("__debezium_unavailable_value");
    }

    @Test
    void unchangedToastValueWithFullIdentity_isSent() throws Exception {
        database.execute(
                "ALTER TABLE item REPLICA IDENTITY FULL", "INSERT INTO item VALUES (1, 'one', repeat('x', 10000))");

        List<Entry> entries = entriesOf("UPDATE item SET name = 'two' WHERE id = 1");

        assertThat(entries.get(1).key()).isEqualTo(Map.of("id", "1"));
        assertThat((String) entries.get(1).column("big")).hasSize(10_000);
        assertThat(entries.get(1).at("before", "name")).isEqualTo("one");
    }

    @Test
    void keyColumnStoredOutOfLine_isKnownInEveryUpdate() throws Exception {
        database.execute(
                "CREATE TABLE wide (key text PRIMARY KEY, name text)",
                "ALTER TABLE wide ALTER key SET STORAGE EXTERNAL",
                "INSERT INTO wide VALUES (repeat('k', 2200), 'one')");

        List<Entry> entries = entriesOf("UPDATE wide SET name = 'two'");

        assertThat(entries).extracting(Entry::op).containsExactly("BEGIN", "u", "END");
        assertThat(entries.get(1).key()).isEqualTo(Map.of("key", "k".repeat(2200)));
        assertThat((String) entries.get(1).column("key")).hasSize(2200);
    }

    @Test
    void tableWithoutKeyAndFullIdentity_hasNoKeyAndTheOldRow() throws Exception {
        database.execute(
                "CREATE TABLE log (a int, b text)",
                "ALTER TABLE log REPLICA IDENTITY FULL",
                "INSERT INTO log VALUES (1, 'x')");

        List<Entry> entries = entriesOf("BEGIN; UPDATE log SET b = 'y'; DELETE FROM log; COMMIT");

        assertThat(entries).extracting(Entry::op).containsExactly("BEGIN", "u", "d", "END");
        assertThat(entries.get(1).key()).isNull();
        assertThat(entries.get(1).at("before")).isEqualTo(Map.of("a", "1", "b", "x"));
        assertThat(entries.get(2).at("before")).isEqualTo(Map.of("a", "1", "b", "y"));
    }

    @Test
    void namesThatOnlyQuotingTellsApart_areKept() throws Exception {
        database.execute("CREATE TABLE \"Odd.\"\"Name\" (\"Id\" int PRIMARY KEY, id int, \"a\"\"b.c\" text)");

        List<Entry> entries = entriesOf("INSERT INTO \"Odd.\"\"Name\" VALUES (1, 2, 'x')");

        assertThat(entries.get(1).at("source", "table")).isEqualTo("Odd.\"Name");
        assertThat(entries.get(1).key()).isEqualTo(Map.of("Id", "1"));
        assertThat(entries.get(1).at("after")).isEqualTo(Map.of("Id", "1", "id", "2", "a\"b.c", "x"));
    }

    @Test
    void logicalMessageOfOurs_isAMarkAtItsPosition() throws Exception {
        database.createSlot();
        database.start();

        long lsn = Long.parseLong(
                database.query("SELECT pg_logical_emit_message(false, 'pg2citus', 'here') - '0/0'::pg_lsn"));

        try (TopicReader topic = database.topic()) {
            List<Entry> entries =
                    topic.readTo(entry -> entry.isMark() && content(entry).equals("here"));
            Entry mark = entries.get(entries.size() - 1);
            assertThat(mark.at("source", "lsn")).isEqualTo(lsn);
        }
    }

    @Test
    void transactionalMessage_isCountedInItsTransaction() throws Exception {
        List<Entry> entries = entriesOf(
                """
                BEGIN;
                INSERT INTO item VALUES (1);
                SELECT pg_logical_emit_message(true, 'pg2citus', 'inside');
                SELECT pg_logical_emit_message(true, 'other', 'not ours');
                INSERT INTO item VALUES (2);
                COMMIT""");

        assertThat(entries).extracting(Entry::op).containsExactly("BEGIN", "c", "m", "c", "END");
        assertThat(entries.get(4).at("event_count")).isEqualTo(3L);
    }

    @Test
    void rolledBackWork_leavesNothing() throws Exception {
        List<Entry> entries = entriesOf(
                """
                BEGIN; INSERT INTO item VALUES (1); ROLLBACK;
                BEGIN; INSERT INTO item VALUES (2); SAVEPOINT s; INSERT INTO item VALUES (3);
                ROLLBACK TO s; INSERT INTO item VALUES (4); COMMIT""");

        assertThat(entries).extracting(Entry::op).containsExactly("BEGIN", "c", "c", "END");
        assertThat(entries.subList(1, 3))
                .extracting(entry -> entry.column("id"))
                .containsExactly("2", "4");
    }

    @Test
    void preparedTransaction_comesWhenItIsCommitted() throws Exception {
        database.createSlot();
        database.start();
        database.execute("BEGIN; INSERT INTO item VALUES (1); PREPARE TRANSACTION 'p'");
        database.execute("INSERT INTO item VALUES (2)");
        database.execute("COMMIT PREPARED 'p'");

        try (TopicReader topic = database.topic()) {
            List<Entry> entries = topic.changesTo(entry -> "1".equals(entry.column("id")));
            assertThat(entries).extracting(Entry::op).containsExactly("BEGIN", "c", "END", "BEGIN", "c");
        }
    }

    @Test
    void endPositions_riseInCommitOrder() throws Exception {
        database.createSlot();
        database.start();
        for (int i = 1; i <= 20; i++) {
            database.execute("INSERT INTO item VALUES (" + i + ")");
        }

        try (TopicReader topic = database.topic()) {
            List<Long> ends = topic.changesTo(entry -> "20".equals(entry.column("id"))).stream()
                    .filter(entry -> entry.op().equals("END"))
                    .map(Entry::endLsn)
                    .toList();
            assertThat(ends).hasSize(19).isSorted().doesNotHaveDuplicates();
        }
    }

    private static String content(Entry entry) {
        byte[] content = Base64.getDecoder().decode((String) entry.at("message", "content"));
        return new String(content, UTF_8);
    }

    private List<Entry> entriesOf(String sql) throws Exception {
        database.createSlot();
        database.start();
        database.execute(sql);
        try (TopicReader topic = database.topic()) {
            return topic.changesTo(entry -> entry.op().equals("END"));
        }
    }
}
