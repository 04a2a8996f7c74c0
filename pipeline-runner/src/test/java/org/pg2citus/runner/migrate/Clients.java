package org.pg2citus.runner.migrate;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Threads that write to a database, each over a session of its own, until they are stopped. */
final class Clients {

    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicReference<SQLException> failure = new AtomicReference<>();

    /** What one of them does; it ends when {@link #pause} says so. */
    @FunctionalInterface
    interface Work {
        void run(int client, Connection connection, Statement statement) throws SQLException, InterruptedException;
    }

    /** Begins. The sessions are not in autocommit mode. */
    void start(String url, int count, String name, Work work) {
        for (int client = 0; client < count; client++) {
            int number = client;
            Thread thread = new Thread(() -> run(url, number, work), name + "-" + client);
            thread.start();
            threads.add(thread);
        }
    }

    private void run(String url, int client, Work work) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            work.run(client, connection, statement);
        } catch (SQLException e) {
            failure.compareAndSet(null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** To be called after each transaction that ended as it should. */
    void ended() {
        transactions.incrementAndGet();
    }

    long transactions() {
        return transactions.get();
    }

    /** As fast as an application, not as fast as the disk: the tests share a small machine. True when it is to stop. */
    boolean pause(int millis) throws InterruptedException {
        return stop.await(millis, TimeUnit.MILLISECONDS);
    }

    boolean isStopped() {
        return stop.getCount() == 0;
    }

    /** Stops and waits; every transaction is committed or rolled back then. */
    void close() throws SQLException {
        stop.countDown();
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }
}
