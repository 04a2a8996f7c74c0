package org.pg2citus.runner.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The application at work on the source: several sessions that write until {@link #stop}. */
final class WriteLoad implements AutoCloseable {

    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final CountDownLatch stop = new CountDownLatch(1);
    private final ExecutorService threads;
    private final List<Future<LoadCounts>> writers = new ArrayList<>();

    private WriteLoad(int writers) {
        threads = Executors.newFixedThreadPool(writers, task -> {
            Thread thread = new Thread(task, "demo-writer");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Opens one of the application's sessions. */
    @FunctionalInterface
    interface Source {
        Connection connect() throws SQLException;
    }

    static WriteLoad start(Source source, DemoScale scale) throws SQLException {
        WriteLoad load = new WriteLoad(scale.writers());
        long paceNs = SECOND_NS * scale.writers() / scale.transactionsPerSecond();
        for (int number = 0; number < scale.writers(); number++) {
            Session session = new Session(source.connect());
            load.writers.add(
                    load.threads.submit(new Writer(session, new Random(number), scale.companies(), paceNs, load.stop)));
        }
        return load;
    }

    /**
     * Waits for the transactions that run, and ends.
     *
     * @throws IllegalStateException when a writer has failed: the proof is void without it
     */
    LoadCounts stop() {
        stop.countDown();
        LoadCounts counts = LoadCounts.none();
        for (Future<LoadCounts> writer : writers) {
            try {
                counts = counts.plus(writer.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException(
                        "the write load failed: " + e.getCause().getMessage(), e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while the write load was ending", e);
            }
        }
        threads.shutdown();
        return counts;
    }

    /** @throws IllegalStateException when a writer has failed meanwhile */
    void throwIfFailed() {
        if (writers.stream().anyMatch(Future::isDone)) {
            stop();
        }
    }

    @Override
    public void close() {
        stop.countDown();
        threads.shutdown();
    }
}
