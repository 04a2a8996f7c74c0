package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.pg2citus.source.TopicReader.Entry;

/** Compact records of a real server, over restarts at random points: every transaction is there, whole. */
final class CompactRecordsIT {

    private static final int TRANSACTIONS = 300;
    private static final int LIVES = 8;

    @Test
    void tasksStoppedAnywhere_repeatButLoseNothing() throws Exception {
        TestSource.Database database = TestSource.shared().database("compact");
        database.execute(
                "CREATE TABLE item (id int PRIMARY KEY, n int, big text)",
                "ALTER TABLE item ALTER big SET STORAGE EXTERNAL");
        database.createSlot();
        write(database);

        var settings = database.compactSettings();
        settings.put("record.target.bytes", "4096");
        var random = new Random(2);
        var offsets = new TaskRun.Offsets();
        var chunks = new ChunkEntries();
        List<Entry> topic = new ArrayList<>();
        for (int life = 1; life <= LIVES; life++) {
            try (TaskRun run = TaskRun.start(new PostgresSourceTask(), settings, offsets)) {
                boolean last = life == LIVES;
                int records = last ? Integer.MAX_VALUE : 1 + random.nextInt(30);
                int[] seen = {0};
                for (SourceRecord record : run.pollTo(record -> ++seen[0] >= records
                        || chunks.entries((byte[]) record.value(), 0).stream().anyMatch(CompactRecordsIT::isLast))) {
                    topic.addAll(chunks.entries((byte[]) record.value(), 0));
                    if (random.nextInt(3) == 0) {
                        run.acknowledge(record);
                    }
                }
            }
        }

        var replay = new TopicReplay();
        topic.stream().filter(entry -> !entry.isMark()).forEach(replay::accept);
        assertThat(replay.rows("item"))
                .extracting(row -> row.get("id") + "|" + row.get("n") + "|" + row.get("big"))
                .containsExactlyInAnyOrderElementsOf(rows(database));
    }

    /** Of one row and of a thousand, with changed keys and values that are not sent. */
    private static void write(TestSource.Database database) throws Exception {
        var random = new Random(1);
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            for (int i = 1; i <= TRANSACTIONS; i++) {
                int rows = i % 50 == 0 ? 1_000 : 1 + random.nextInt(5);
                TestSource.execute(
                        connection,
                        "INSERT INTO item SELECT %d + j, j, repeat('x', CASE WHEN j %% 7 = 0 THEN 5000 ELSE 3 END) FROM generate_series(1, %d) j"
                                .formatted(i * 10_000, rows),
                        "UPDATE item SET n = n + 1 WHERE id % 11 = " + i % 11 + " AND id > " + (i - 3) * 10_000,
                        "UPDATE item SET id = -id WHERE id = " + (i * 10_000 + 1),
                        "DELETE FROM item WHERE id = " + (i * 10_000 + 2));
                connection.commit();
            }
            TestSource.execute(connection, "INSERT INTO item VALUES (0, 0, 'last')");
            connection.commit();
        }
    }

    private static boolean isLast(Entry entry) {
        return "c".equals(entry.op()) && "last".equals(entry.column("big"));
    }

    private static List<String> rows(TestSource.Database database) throws Exception {
        String all = database.query("SELECT string_agg(concat_ws('|', id, n, big), E'\\n') FROM item");
        return List.of(all.split("\n"));
    }
}
