package org.pg2citus.runner.migrate;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;

/**
 * An application that goes on writing a table whose columns change. A trigger on the source gives each written row values
 * for whatever columns the table has at that moment.
 */
final class ItemLoad implements AutoCloseable {

    static final String TABLE = "items";

    private static final int ROWS = 500;
    private static final int PAUSE_MS = 4;

    private final Clients clients = new Clients();

    private ItemLoad() {}

    /** @param key of the table: on Citus it holds the distribution column */
    static String schema(String key) {
        return "CREATE TABLE items (id bigint, tenant int, n int, a text, doomed text, code int, small int DEFAULT 3,"
                + " PRIMARY KEY (%s))".formatted(key);
    }

    static void fill(String url) throws SQLException {
        TestDatabases.execute(
                url,
                "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r text := (random() * 100000)::int;"
                        + " BEGIN NEW := jsonb_populate_record(NEW, jsonb_build_object('a', 'a' || r, 'z', 'z' || r,"
                        + " 'doomed', 'd' || r, 'code', r, 'small', r, 'added', r, 'by_hand', r, 'sudden', r));"
                        + " RETURN NEW; END $$",
                "CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION fill()",
                "INSERT INTO items (id, tenant, n) SELECT i, i %% 7, 0 FROM generate_series(1, %d) i".formatted(ROWS));
    }

    static ItemLoad start(String url, int count) {
        ItemLoad load = new ItemLoad();
        load.clients.start(url, count, "items", load::write);
        return load;
    }

    long transactions() {
        return clients.transactions();
    }

    private void write(int client, Connection connection, Statement statement)
            throws SQLException, InterruptedException {
        Random random = new Random(client);
        long next = (client + 1) * 1_000_000L;
        while (!clients.pause(PAUSE_MS)) {
            try {
                for (int i = random.nextInt(3); i >= 0; i--) {
                    int id = 1 + random.nextInt(ROWS);
                    switch (random.nextInt(5)) {
                        case 0 ->
                            statement.execute("INSERT INTO items (id, tenant, n) VALUES (%d, %d, 0)"
                                    .formatted(next++, random.nextInt(7)));
                        case 1 ->
                            statement.execute(
                                    "DELETE FROM items WHERE id = %d".formatted(next - 1 - random.nextInt(9)));
                        default -> statement.execute("UPDATE items SET n = n + 1 WHERE id = %d".formatted(id));
                    }
                }
                connection.commit();
                clients.ended();
            } catch (SQLException e) {
                connection.rollback();
                // Clients that cross each other's rows deadlock, as in life; and a statement may have been planned
                // for the table as it was.
                if (!"40P01".equals(e.getSQLState()) && !"0A000".equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
    }

    /** Stops and waits; every transaction is committed or rolled back then. */
    @Override
    public void close() throws SQLException {
        clients.close();
    }
}
