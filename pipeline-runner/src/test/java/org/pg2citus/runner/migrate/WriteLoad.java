package org.pg2citus.runner.migrate;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An application that goes on writing: pgbench's TPC-B transactions, and between them what pgbench has not: deletes,
 * changes of key and of distribution column, unchanged TOAST values, savepoints, rollbacks, truncates.
 */
final class WriteLoad implements AutoCloseable {

    static final String[] TABLES = {
        "pgbench_branches", "pgbench_tellers", "pgbench_accounts", "pgbench_history", "tenants", "notes", "scratch"
    };

    private static final int ACCOUNTS = 20_000;
    private static final int NOTES = 500;
    private static final int TENANTS = 20;
    private static final int PAUSE_MS = 10;

    private final Clients clients = new Clients();
    private final AtomicLong refused = new AtomicLong();
    private volatile boolean truncating;

    private WriteLoad() {}

    /** The tables, for both sides. */
    static String[] schema() {
        return new String[] {
            "CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88))",
            "CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84))",
            "CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))",
            "CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))",
            "CREATE TABLE tenants (id int PRIMARY KEY, name text)",
            "CREATE TABLE scratch (id bigint PRIMARY KEY, v text)"
        };
    }

    static void fill(String url) throws SQLException {
        TestDatabases.execute(
                url,
                "ALTER TABLE pgbench_history REPLICA IDENTITY FULL",
                "CREATE TABLE notes (id bigint PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, n int,"
                        + " body text, tags text[], at timestamptz)",
                // The distribution column has to be in what a delete brings.
                "ALTER TABLE notes REPLICA IDENTITY FULL",
                "INSERT INTO pgbench_branches SELECT i, 0 FROM generate_series(1, 5) i",
                "INSERT INTO pgbench_tellers SELECT i, 1 + i % 5, 0 FROM generate_series(1, 50) i",
                "INSERT INTO pgbench_accounts SELECT i, 1 + i %% 5, 0, '' FROM generate_series(1, %d) i"
                        .formatted(ACCOUNTS),
                "INSERT INTO tenants SELECT i, 'tenant ' || i FROM generate_series(1, %d) i".formatted(TENANTS),
                // Random text does not compress: it is kept out of line.
                "INSERT INTO notes SELECT i, 1 + i %% %d, 0, (SELECT string_agg(md5(random()::text || i || g), '') FROM generate_series(1, 200) g), ARRAY['a', NULL], now() FROM generate_series(1, %d) i"
                        .formatted(TENANTS, NOTES),
                "ANALYZE");
    }

    static WriteLoad start(String url, int clients) {
        WriteLoad load = startWithoutTruncates(url, clients);
        load.truncate();
        return load;
    }

    /** Does everything but truncate, until {@link #truncate} is called. */
    static WriteLoad startWithoutTruncates(String url, int count) {
        WriteLoad load = new WriteLoad();
        load.clients.start(url, count, "load", load::write);
        return load;
    }

    /** From now on tables are truncated, too. */
    void truncate() {
        truncating = true;
    }

    long transactions() {
        return clients.transactions();
    }

    /** Transactions that failed because the tables were read-only. */
    long refused() {
        return refused.get();
    }

    private void write(int client, Connection connection, Statement statement)
            throws SQLException, InterruptedException {
        Random random = new Random(client);
        while (!clients.isStopped()) {
            int kind = random.nextInt(20);
            try {
                if (kind < 12) {
                    tpcb(statement, random);
                } else if (kind < 18) {
                    note(statement, random, client);
                } else {
                    bulk(statement, random, client);
                }
                if (random.nextInt(25) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
                clients.ended();
                if (clients.pause(PAUSE_MS)) {
                    return;
                }
            } catch (SQLException e) {
                connection.rollback();
                if ("25006".equals(e.getSQLState())) {
                    // Cut over: an application would connect to the new database.
                    refused.incrementAndGet();
                } else if (!"40P01".equals(e.getSQLState())) {
                    // Clients that cross each other's rows deadlock, as in life.
                    throw e;
                }
            }
        }
    }

    private static void tpcb(Statement statement, Random random) throws SQLException {
        int aid = 1 + random.nextInt(ACCOUNTS);
        int tid = 1 + random.nextInt(50);
        int bid = 1 + random.nextInt(5);
        int delta = random.nextInt(10_000) - 5_000;
        statement.execute("UPDATE pgbench_accounts SET abalance = abalance + %d WHERE aid = %d".formatted(delta, aid));
        statement.execute("UPDATE pgbench_tellers SET tbalance = tbalance + %d WHERE tid = %d".formatted(delta, tid));
        statement.execute("UPDATE pgbench_branches SET bbalance = bbalance + %d WHERE bid = %d".formatted(delta, bid));
        statement.execute("INSERT INTO pgbench_history VALUES (%d, %d, %d, %d, now())".formatted(tid, bid, aid, delta));
    }

    private static void note(Statement statement, Random random, int client) throws SQLException {
        int id = 1 + random.nextInt(NOTES);
        switch (random.nextInt(6)) {
            case 0 -> statement.execute("DELETE FROM notes WHERE id = %d".formatted(id));
            case 1 ->
                statement.execute(
                        "UPDATE notes SET tenant_id = %d WHERE id = %d".formatted(1 + random.nextInt(TENANTS), id));
            case 2 ->
                statement.execute(
                        // A key that is free: this client's own range above all others.
                        "UPDATE notes SET id = (SELECT coalesce(max(id), %1$d) + 1 FROM notes WHERE id BETWEEN %1$d AND %1$d + 999999), n = n + 1 WHERE id = %2$d"
                                .formatted((client + 1) * 1_000_000L, id));
            case 3 ->
                statement.execute(
                        "INSERT INTO notes VALUES (%d, %d, 1, repeat('short ', 3), '{x,\"y z\"}', now()) ON CONFLICT (id) DO UPDATE SET n = notes.n + 1"
                                .formatted(id, 1 + random.nextInt(TENANTS)));
            default -> statement.execute("UPDATE notes SET n = n + 1 WHERE id = %d".formatted(id));
        }
    }

    private void bulk(Statement statement, Random random, int client) throws SQLException {
        long from = (client + 1) * 1_000_000L;
        switch (random.nextInt(8)) {
            case 0 -> {
                if (client == 0 && truncating) {
                    statement.execute("TRUNCATE scratch");
                }
            }
            case 1 ->
                statement.execute("DELETE FROM scratch WHERE id BETWEEN %d AND %d".formatted(from, from + 999_999));
            default -> {
                statement.execute("SAVEPOINT before");
                statement.execute(
                        "INSERT INTO scratch SELECT %d + i, 'lost' FROM generate_series(0, 50) i ON CONFLICT DO NOTHING"
                                .formatted(from));
                statement.execute("ROLLBACK TO before");
                statement.execute(
                        "INSERT INTO scratch SELECT %d + i, 'kept' FROM generate_series(0, %d) i ON CONFLICT (id) DO UPDATE SET v = scratch.v || '.'"
                                .formatted(from, random.nextInt(300)));
            }
        }
    }

    /** Stops and waits; every transaction is committed or rolled back then. */
    @Override
    public void close() throws SQLException {
        clients.close();
    }
}
