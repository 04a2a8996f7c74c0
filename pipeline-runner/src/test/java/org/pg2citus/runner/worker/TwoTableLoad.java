package org.pg2citus.runner.worker;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Writers whose every transaction changes rows of two tables that are distributed by different columns, and adds to a
 * history without a key, where a row applied twice is there twice.
 */
final class TwoTableLoad implements AutoCloseable {

    static final List<String> TABLES = List.of("account", "entry", "history");

    private static final int WRITERS = 2;
    private static final int ACCOUNTS = 400;

    /** As fast as an application, not as fast as the disk: the tests share a small machine. */
    private static final int PAUSE_MS = 8;

    private final List<Thread> threads = new ArrayList<>();
    private final ReadWriteLock pause = new ReentrantReadWriteLock(true);
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicReference<SQLException> failure = new AtomicReference<>();
    private volatile boolean stopped;

    private TwoTableLoad() {}

    /** For the source; the target has them distributed. */
    static String[] schema() {
        return new String[] {
            "CREATE TABLE account (tenant int, id int, balance bigint, note text, PRIMARY KEY (tenant, id))",
            "CREATE TABLE entry (id bigint PRIMARY KEY, tenant int, delta int, at timestamptz)",
            "CREATE TABLE history (entry bigint, tenant int, delta int, line text)",
            "ALTER TABLE history REPLICA IDENTITY FULL",
            "ALTER TABLE account ALTER note SET STORAGE EXTERNAL"
        };
    }

    static String[] distribution() {
        return new String[] {
            "SET citus.shard_count = 8",
            "SELECT create_distributed_table('account', 'tenant')",
            "SELECT create_distributed_table('entry', 'id', colocate_with => 'none')",
            "SELECT create_distributed_table('history', 'tenant', colocate_with => 'account')"
        };
    }

    static TwoTableLoad start(String url, long seed) {
        TwoTableLoad load = new TwoTableLoad();
        for (int writer = 0; writer < WRITERS; writer++) {
            int number = writer;
            Thread thread = new Thread(() -> load.write(url, number, new Random(seed + number)), "load-" + writer);
            thread.setDaemon(true);
            thread.start();
            load.threads.add(thread);
        }
        return load;
    }

    long transactions() {
        return transactions.get();
    }

    /** Runs {@code step} while no transaction is open. */
    void whilePaused(Step step) throws Exception {
        pause.writeLock().lock();
        try {
            rethrow();
            step.run();
        } finally {
            pause.writeLock().unlock();
        }
    }

    interface Step {
        void run() throws Exception;
    }

    /** A line for each table: its rows, and a hash of all of them that no doubled or missing row leaves as it is. */
    static Map<String, String> digests(String url) throws SQLException {
        Map<String, String> digests = new LinkedHashMap<>();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("SET TimeZone = 'UTC'");
            for (String table : TABLES) {
                String columns = table.equals("account")
                        ? "tenant, id, balance, md5(note)"
                        : table.equals("entry") ? "id, tenant, delta, at" : "entry, tenant, delta, line";
                try (ResultSet row = statement.executeQuery(
                        "SELECT count(*), sum(hashtextextended(format('%%s', ROW(%s)), 0)::numeric) FROM %s"
                                .formatted(columns, table))) {
                    row.next();
                    digests.put(table, row.getString(1) + " rows, hash " + row.getString(2));
                }
            }
        }
        return digests;
    }

    private void write(String url, int writer, Random random) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (long n = 1; !stopped; n++) {
                pause.readLock().lock();
                try {
                    transaction(statement, writer, n, random);
                    if (random.nextInt(30) == 0) {
                        connection.rollback();
                    } else {
                        connection.commit();
                        transactions.incrementAndGet();
                    }
                } finally {
                    pause.readLock().unlock();
                }
                Thread.sleep(PAUSE_MS);
            }
        } catch (SQLException e) {
            failure.compareAndSet(null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void transaction(Statement statement, int writer, long n, Random random) throws SQLException {
        // Accounts of one writer are not another's: no deadlocks.
        int tenant = random.nextInt(20) * WRITERS + writer;
        int id = random.nextInt(ACCOUNTS / 20);
        long entry = ((long) writer << 50) + n * 1_024;
        int delta = random.nextInt(2_000) - 1_000;
        statement.execute(
                """
                INSERT INTO account VALUES (%d, %d, %d, (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 80)))
                ON CONFLICT (tenant, id) DO UPDATE SET balance = account.balance + excluded.balance"""
                        .formatted(tenant, id, delta));
        int rows = random.nextInt(40) == 0 ? 600 : 1 + random.nextInt(3);
        statement.execute("INSERT INTO entry SELECT %d + i, %d, %d, clock_timestamp() FROM generate_series(1, %d) i"
                .formatted(entry, tenant, delta, rows));
        statement.execute("INSERT INTO history SELECT %d + i %% 2, %d, %d, 'in' FROM generate_series(1, %d) i"
                .formatted(entry, tenant, delta, rows));
        switch (random.nextInt(10)) {
            case 0 -> {
                statement.execute("DELETE FROM account WHERE tenant = %d AND id = %d".formatted(tenant, id));
                statement.execute("INSERT INTO history VALUES (%d, %d, 0, 'closed')".formatted(entry, tenant));
            }
            case 1 ->
                statement.execute(
                        "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE tenant %% %d = %d ORDER BY id LIMIT 60)"
                                .formatted(WRITERS, writer));
            case 2 ->
                statement.execute(
                        "UPDATE entry SET delta = delta + 1 WHERE id BETWEEN %d AND %d".formatted(entry, entry + 10));
            default -> {}
        }
    }

    private void rethrow() {
        if (failure.get() != null) {
            throw new AssertionError("the load failed", failure.get());
        }
    }

    @Override
    public void close() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        rethrow();
    }
}
