package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pg2citus.source.TopicReader.Entry;

/** A worker killed again and again while writers write: the topic has every transaction, whole. */
final class CrashIT {

    /** {@code -Dpg2citus.kills=100} for the long run. */
    private static final int KILLS = Integer.getInteger("pg2citus.kills", 3);

    private static final long SEED = Long.getLong("pg2citus.seed", 1);
    private static final int MAX_LIFE_MS = 3_000;

    @Test
    void killedWorkers_loseNothingInCompactRecords() throws Exception {
        TestSource.Database database = TestSource.shared().database("crash_compact");
        Map<String, String> settings = database.compactSettings();
        // Small ones, so that transactions of all kinds lie across several records.
        settings.put("record.target.bytes", "4096");
        assertNothingIsLost(database, settings);
    }

    @Test
    void killedWorkers_loseNothingInDebeziumsEnvelope() throws Exception {
        TestSource.Database database = TestSource.shared().database("crash");
        assertNothingIsLost(database, database.settings());
    }

    private static void assertNothingIsLost(TestSource.Database database, Map<String, String> settings)
            throws Exception {
        RandomLoad.createTables(database);
        database.createSlot();
        Path directory = Files.createTempDirectory("pg2citus-crash");
        String bootstrap = TestSource.shared().kafka().bootstrap();
        var random = new Random(SEED);

        try (RandomLoad load = RandomLoad.start(database, SEED)) {
            for (int i = 0; i < KILLS; i++) {
                long confirmed = database.confirmedLsn();
                try (WorkerProcess worker = WorkerProcess.start(bootstrap, directory, settings)) {
                    if (i % 2 == 0) {
                        // The others are killed before they got anywhere, perhaps.
                        awaitProgress(database, confirmed);
                    }
                    Thread.sleep(random.nextInt(MAX_LIFE_MS));
                    worker.kill();
                }
                if ((i + 1) % 10 == 0) {
                    System.out.println((i + 1) + " kills");
                }
            }
            load.finish();
        }
        database.execute("INSERT INTO ledger VALUES (-1, -1)");

        var replay = new TopicReplay();
        try (WorkerProcess worker = WorkerProcess.start(bootstrap, directory, settings);
                TopicReader topic = database.topic()) {
            boolean[] last = {false};
            topic.readTo(entry -> {
                        last[0] |= isLast(entry);
                        return last[0] && entry.op().equals("END");
                    })
                    .forEach(replay::accept);
            worker.kill();
        }
        System.out.println(KILLS + " kills: " + replay.summary());
        for (String table : RandomLoad.TABLES) {
            assertThat(differences(replay.rows(table), rows(database, table)))
                    .as(table)
                    .isEmpty();
        }
    }

    /** How often each row is in one and not in the other; a sorted or paired comparison takes too long for many rows. */
    private static Map<Map<String, Object>, Integer> differences(
            Collection<Map<String, Object>> replayed, Collection<Map<String, Object>> expected) {
        Map<Map<String, Object>, Integer> surplus = new HashMap<>();
        replayed.forEach(row -> surplus.merge(row, 1, Integer::sum));
        expected.forEach(row -> surplus.merge(row, -1, Integer::sum));
        surplus.values().removeIf(times -> times == 0);
        return surplus;
    }

    private static void awaitProgress(TestSource.Database database, long confirmed) throws Exception {
        for (int attempt = 0; attempt < 1_200; attempt++) {
            if (database.confirmedLsn() > confirmed) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the slot is where it was two minutes ago");
    }

    private static boolean isLast(Entry entry) {
        return "-1".equals(entry.column("writer")) && "-1".equals(entry.column("n"));
    }

    private static List<Map<String, Object>> rows(TestSource.Database database, String table) throws Exception {
        List<Map<String, Object>> rows = new ArrayList<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT * FROM " + table)) {
            int columns = row.getMetaData().getColumnCount();
            while (row.next()) {
                Map<String, Object> values = new HashMap<>();
                for (int i = 1; i <= columns; i++) {
                    values.put(row.getMetaData().getColumnName(i), row.getString(i));
                }
                rows.add(values);
            }
        }
        return rows;
    }
}
