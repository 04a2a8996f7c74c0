package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.source.TopicReader.Entry;

/**
 * A table that changes while it is written to. Each row says of itself, in its column {@code spec}, which columns and
 * values it was written with: a trigger on the source puts them there.
 */
final class SchemaChangeIT {

    private static final int WRITERS = 2;
    private static final int CHANGE_PAUSE_MS = 60;

    private static final String[] TABLE = {
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE SEQUENCE ids",
        "CREATE TABLE t (id bigint DEFAULT nextval('ids') PRIMARY KEY, n int DEFAULT 0, spec text, a text DEFAULT 'a',"
                + " b int DEFAULT 5, m mood DEFAULT 'sad')",
        "CREATE FUNCTION describe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.spec := (SELECT string_agg(key ||"
                + " '=' || coalesce(value, 'NULL'), ',' ORDER BY key COLLATE \"C\") FROM jsonb_each_text(to_jsonb(NEW))"
                + " WHERE key <> 'spec'); RETURN NEW; END $$",
        "CREATE TRIGGER describe BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION describe()"
    };

    /** Each a transaction. The key always has {@code id}, so that rows can be followed. */
    private static final String[] CHANGES = {
        "ALTER TABLE t ADD c int NOT NULL DEFAULT 7",
        "ALTER TABLE t RENAME a TO z",
        "ALTER TABLE t ALTER b TYPE text USING 'n' || b, ALTER b SET DEFAULT 'text'",
        "ALTER TYPE mood ADD VALUE 'ok'",
        "ALTER TABLE t ALTER m SET DEFAULT 'ok'",
        "ALTER TABLE t REPLICA IDENTITY FULL",
        "ALTER TABLE t DROP c",
        "ALTER TABLE t ADD c date DEFAULT '2024-02-29'",
        "ALTER TABLE t REPLICA IDENTITY DEFAULT",
        "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id, n)",
        "BEGIN; ALTER TABLE t RENAME TO u; INSERT INTO u DEFAULT VALUES; ALTER TABLE u RENAME TO t; COMMIT",
        "BEGIN; INSERT INTO t DEFAULT VALUES; ALTER TABLE t ADD d int DEFAULT 1; INSERT INTO t DEFAULT VALUES; ALTER"
                + " TABLE t DROP d; INSERT INTO t DEFAULT VALUES; COMMIT",
        "BEGIN; ALTER TABLE t ADD gone int DEFAULT 1; INSERT INTO t DEFAULT VALUES; ROLLBACK",
        "BEGIN; SAVEPOINT s; ALTER TABLE t ADD gone int DEFAULT 1; INSERT INTO t DEFAULT VALUES; ROLLBACK TO s; INSERT"
                + " INTO t DEFAULT VALUES; COMMIT",
        "CREATE UNIQUE INDEX t_id ON t (id)",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX t_id",
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "ALTER TABLE t ADD PRIMARY KEY USING INDEX t_id",
        "ALTER TABLE t REPLICA IDENTITY DEFAULT",
        "ALTER TABLE t SET SCHEMA elsewhere",
        "ALTER TABLE elsewhere.t SET SCHEMA public",
        "ALTER TABLE t DROP z, ADD a text DEFAULT 'again'",
    };

    private TestSource.Database database;

    @BeforeEach
    void createTable() throws Exception {
        database = TestSource.shared().database("changes");
        database.execute(TABLE);
        database.execute("CREATE SCHEMA elsewhere");
        database.createSlot();
    }

    @AfterEach
    void stop() throws Exception {
        database.stop();
    }

    @Test
    void tableThatChangesWhileItIsRead_hasEveryRowInTheColumnsOfItsTime() throws Exception {
        database.start();
        changeUnderLoad();
        checkRows();
    }

    @Test
    void tableThatChangedBeforeItIsRead_hasEveryRowInTheColumnsOfItsTime() throws Exception {
        changeUnderLoad();
        database.start();
        checkRows();
    }

    private void changeUnderLoad() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(WRITERS);
        boolean[] stopped = {false};
        List<Future<?>> writers = new ArrayList<>();
        try (Connection connection = database.connect()) {
            for (int writer = 0; writer < WRITERS; writer++) {
                var random = new Random(writer);
                writers.add(executor.submit(() -> {
                    write(random, stopped);
                    return null;
                }));
            }
            TestSource.execute(connection, "INSERT INTO t DEFAULT VALUES");
            for (String change : CHANGES) {
                Thread.sleep(CHANGE_PAUSE_MS);
                String table = change.endsWith("SET SCHEMA elsewhere") ? "elsewhere.t" : "t";
                TestSource.execute(connection, change, "INSERT INTO " + table + " DEFAULT VALUES");
            }
            Thread.sleep(CHANGE_PAUSE_MS);
            synchronized (stopped) {
                stopped[0] = true;
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
            TestSource.execute(connection, "CREATE TABLE last (id int PRIMARY KEY)", "INSERT INTO last VALUES (1)");
        } finally {
            executor.shutdownNow();
        }
    }

    private void write(Random random, boolean[] stopped) throws SQLException {
        try (Connection connection = database.connect()) {
            while (true) {
                synchronized (stopped) {
                    if (stopped[0]) {
                        return;
                    }
                }
                String row = "(SELECT id FROM t ORDER BY random() LIMIT 1)";
                String statement =
                        switch (random.nextInt(4)) {
                            case 0 -> "UPDATE t SET n = n + 1 WHERE id = " + row;
                            case 1 -> "DELETE FROM t WHERE id = " + row;
                            default -> "INSERT INTO t DEFAULT VALUES";
                        };
                try {
                    TestSource.execute(connection, statement);
                } catch (SQLException e) {
                    // The table is in the other schema, or this writer's plan is of the table's last version.
                    if (!e.getSQLState().equals("42P01") && !e.getSQLState().equals("0A000")) {
                        throw e;
                    }
                }
            }
        }
    }

    private void checkRows() throws Exception {
        Map<String, String> rows = new TreeMap<>();
        int checked = 0;
        List<String> shapes = new ArrayList<>();
        try (TopicReader topic = database.topic()) {
            for (Entry entry : topic.changesTo(entry -> "last".equals(entry.at("source", "table")))) {
                if (!List.of("c", "u", "d").contains(entry.op()) || "last".equals(entry.at("source", "table"))) {
                    continue;
                }
                Map<?, ?> key = (Map<?, ?>) entry.key();
                Map<?, ?> after = (Map<?, ?>) entry.at("after");
                assertThat(key.get("id")).isNotNull();
                if (after == null) {
                    assertThat(rows.remove(key.get("id"))).isNotNull();
                    continue;
                }
                assertThat(key.get("id")).isEqualTo(after.get("id"));
                assertThat(description(after)).isEqualTo(after.get("spec"));
                rows.put((String) after.get("id"), (String) after.get("spec"));
                String shape = entry.at("source", "schema") + "." + entry.at("source", "table") + after.keySet();
                if (shapes.isEmpty() || !shapes.get(shapes.size() - 1).equals(shape)) {
                    shapes.add(shape);
                }
                checked++;
            }
        }
        assertThat(rows).isEqualTo(tableRows());
        assertThat(shapes).hasSizeGreaterThanOrEqualTo(12);
        System.out.printf("%d rows in %d versions of the table%n", checked, shapes.size());
    }

    private static String description(Map<?, ?> after) {
        List<String> columns = new ArrayList<>();
        after.forEach((column, value) -> {
            if (!column.equals("spec")) {
                columns.add(column + "=" + (value == null ? "NULL" : value));
            }
        });
        columns.sort(null);
        return String.join(",", columns);
    }

    private Map<String, String> tableRows() throws SQLException {
        Map<String, String> rows = new TreeMap<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, spec FROM t")) {
            while (row.next()) {
                rows.put(row.getString(1), row.getString(2));
            }
        }
        return rows;
    }
}
