package org.pg2citus.source;

import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.postgresql.PGConnection;

/** Writers whose transactions overlap: COPY, rows in one statement, long ones, changed keys, large values, rollbacks. */
final class RandomLoad implements AutoCloseable {

    static final List<String> TABLES = List.of("ledger", "item", "copied", "scratch");

    private static final int WRITERS = 3;

    private final TestSource.Database database;
    private final ExecutorService executor = Executors.newFixedThreadPool(WRITERS);
    private final List<Future<?>> writers = new ArrayList<>();
    private volatile boolean stopped;

    private RandomLoad(TestSource.Database database) {
        this.database = database;
    }

    static void createTables(TestSource.Database database) throws SQLException {
        database.execute(
                "CREATE TABLE ledger (writer int, n int, PRIMARY KEY (writer, n))",
                "CREATE TABLE item (id bigint PRIMARY KEY, writer int, name text, big text)",
                "ALTER TABLE item ALTER big SET STORAGE EXTERNAL",
                "CREATE INDEX ON item (writer)",
                "CREATE TABLE copied (id bigint PRIMARY KEY, name text)",
                "CREATE TABLE scratch (id bigint PRIMARY KEY)",
                "CREATE SEQUENCE ids");
    }

    static RandomLoad start(TestSource.Database database, long seed) {
        var load = new RandomLoad(database);
        for (int writer = 0; writer < WRITERS; writer++) {
            var random = new Random(seed + writer);
            int number = writer;
            load.writers.add(load.executor.submit(() -> {
                load.write(number, random);
                return null;
            }));
        }
        return load;
    }

    private void write(int writer, Random random) throws SQLException, IOException, InterruptedException {
        try (Connection connection = database.connect()) {
            for (int n = 0; !stopped; n++) {
                TestSource.execute(connection, "BEGIN", "INSERT INTO ledger VALUES (%d, %d)".formatted(writer, n));
                for (int i = random.nextInt(4); i >= 0; i--) {
                    change(connection, writer, random);
                }
                TestSource.execute(connection, random.nextInt(10) == 0 ? "ROLLBACK" : "COMMIT");
                Thread.sleep(random.nextInt(30));
            }
        }
    }

    private static void change(Connection connection, int writer, Random random)
            throws SQLException, IOException, InterruptedException {
        String mine = "(SELECT id FROM item WHERE writer = %d ORDER BY md5(id::text || '%d') LIMIT %d)"
                .formatted(writer, random.nextInt(), 1 + random.nextInt(5));
        switch (random.nextInt(9)) {
            case 0 -> copy(connection, 20 + random.nextInt(200));
            case 1, 2 ->
                TestSource.execute(
                        connection,
                        "INSERT INTO item SELECT nextval('ids'), %d, md5(i::text), repeat(md5(i::text), %d) FROM generate_series(1, %d) i"
                                .formatted(writer, 1 + random.nextInt(150), 1 + random.nextInt(30)));
            case 3 -> TestSource.execute(connection, "UPDATE item SET name = name || 'x' WHERE id IN " + mine);
            case 4 -> TestSource.execute(connection, "UPDATE item SET id = nextval('ids') WHERE id IN " + mine);
            case 5 -> TestSource.execute(connection, "DELETE FROM item WHERE id IN " + mine);
            case 6 -> Thread.sleep(random.nextInt(500));
            case 7 ->
                TestSource.execute(
                        connection,
                        "SAVEPOINT s",
                        "INSERT INTO item SELECT nextval('ids'), %d, 'gone', NULL FROM generate_series(1, 20)"
                                .formatted(writer),
                        "ROLLBACK TO s");
            default -> {
                // One writer only: the others would wait for its lock, and deadlock.
                if (writer == 0) {
                    TestSource.execute(
                            connection,
                            random.nextInt(4) == 0
                                    ? "TRUNCATE scratch"
                                    : "INSERT INTO scratch SELECT nextval('ids') FROM generate_series(1, 5)");
                }
            }
        }
    }

    private static void copy(Connection connection, int rows) throws SQLException, IOException {
        long first = Long.parseLong(TestSource.query(connection, "SELECT nextval('ids')")) << 20;
        var text = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            text.append(first + i).append("\tcopied\n");
        }
        connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY copied FROM STDIN", new StringReader(text.toString()));
    }

    /** Ends the writers after the transaction that each is in; fails when one of them had failed. */
    void finish() throws InterruptedException, ExecutionException {
        stopped = true;
        for (Future<?> writer : writers) {
            writer.get();
        }
    }

    @Override
    public void close() {
        stopped = true;
        executor.shutdownNow();
    }
}
