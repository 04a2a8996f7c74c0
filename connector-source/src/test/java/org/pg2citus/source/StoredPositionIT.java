package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import java.io.StringReader;
import java.sql.Connection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** A task that was killed starts again, from whichever position was stored last. Ours and the stock one, side by side. */
final class StoredPositionIT {

    private static final int LAST_ROW = 14;

    private TestSource.Database database;

    @BeforeEach
    void writeTransactions() throws Exception {
        database = TestSource.shared().database("stored");
        database.execute("CREATE TABLE item (id int PRIMARY KEY, name text)");
        database.createSlot();
        // COPY puts many rows at one position, which dbz#1554 is about.
        copy("1\ta\n2\tb\n3\tc\n4\td\n");
        // The second one's rows stand before the first one's commit, and its begin is sent with the position of that
        // commit, which dbz#76 is about.
        try (Connection first = database.connect();
                Connection second = database.connect()) {
            TestSource.execute(first, "BEGIN", "INSERT INTO item VALUES (5)");
            TestSource.execute(second, "BEGIN", "INSERT INTO item VALUES (6)");
            TestSource.execute(first, "INSERT INTO item VALUES (7)", "COMMIT");
            TestSource.execute(second, "INSERT INTO item VALUES (8)", "COMMIT");
        }
        database.execute("INSERT INTO item VALUES (9)");
        database.execute("INSERT INTO item VALUES (10), (11)");
        copy("12\ta\n13\tb\n");
        database.execute("INSERT INTO item VALUES (" + LAST_ROW + ")");
    }

    @AfterEach
    void dropSlot() throws Exception {
        database.dropSlot(database.name);
    }

    @Test
    void ours_losesNothingWhereverItStopped() throws Exception {
        List<SourceRecord> records = readAll(PostgresSourceTask::new, database.settings());
        Map<Integer, Set<Integer>> lost = new TreeMap<>();
        for (int last = 0; last < records.size(); last++) {
            Set<Integer> missing = missingAfterRestart(PostgresSourceTask::new, database.settings(), records, last);
            if (!missing.isEmpty()) {
                lost.put(last, missing);
            }
        }

        assertThat(records).hasSizeGreaterThan(20);
        assertThat(lost).isEmpty();
    }

    @Test
    void stock_stoppedWithinCopy_losesTheRestOfIt() throws Exception {
        List<SourceRecord> records = readAll(PostgresConnectorTask::new, stockSettings());

        assertThat(missingAfterRestart(PostgresConnectorTask::new, stockSettings(), records, 1))
                .containsExactly(2, 3, 4);
    }

    @Test
    void stock_stoppedAfterACommitThatOverlapsTheNext_losesTheNext() throws Exception {
        List<SourceRecord> records = readAll(PostgresConnectorTask::new, stockSettings());

        assertThat(missingAfterRestart(PostgresConnectorTask::new, stockSettings(), records, 9))
                .containsExactly(6, 8);
    }

    private List<SourceRecord> readAll(Tasks tasks, Map<String, String> settings) throws Exception {
        return readFromCopyOfSlot(tasks, settings, new TaskRun.Offsets());
    }

    /** The rows that are neither among the records up to this one, nor sent when its position is the one stored. */
    private Set<Integer> missingAfterRestart(
            Tasks tasks, Map<String, String> settings, List<SourceRecord> records, int last) throws Exception {
        Set<Integer> missing = new TreeSet<>();
        for (int row = 1; row <= LAST_ROW; row++) {
            missing.add(row);
        }
        records.subList(0, last + 1).forEach(record -> missing.remove(row(record)));
        var offsets = new TaskRun.Offsets();
        offsets.store(records.get(last));
        readFromCopyOfSlot(tasks, settings, offsets).forEach(record -> missing.remove(row(record)));
        return missing;
    }

    private List<SourceRecord> readFromCopyOfSlot(Tasks tasks, Map<String, String> settings, TaskRun.Offsets offsets)
            throws Exception {
        String slot = database.name + "_copy";
        database.execute("SELECT pg_copy_logical_replication_slot('%s', '%s')".formatted(database.name, slot));
        settings.put("slot.name", slot);
        try (TaskRun run = TaskRun.start(tasks.create(), settings, offsets)) {
            return run.pollTo(record -> row(record) == LAST_ROW);
        } finally {
            database.dropSlot(slot);
        }
    }

    private Map<String, String> stockSettings() {
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.keySet()
                .retainAll(Set.of(
                        "database.hostname",
                        "database.port",
                        "database.user",
                        "database.dbname",
                        "topic.prefix",
                        "publication.name"));
        settings.putAll(Map.of(
                "connector.class", PostgresConnector.class.getName(),
                "plugin.name", "pgoutput",
                "snapshot.mode", "no_data",
                "publication.autocreate.mode", "disabled",
                "provide.transaction.metadata", "true"));
        return settings;
    }

    private static int row(SourceRecord record) {
        Struct value = (Struct) record.value();
        if (value.schema().field("after") == null || value.getStruct("after") == null) {
            return 0;
        }
        return Integer.parseInt(String.valueOf(value.getStruct("after").get("id")));
    }

    private void copy(String rows) throws Exception {
        try (Connection connection = database.connect()) {
            connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY item FROM STDIN", new StringReader(rows));
        }
    }

    private interface Tasks {
        SourceTask create();
    }
}
