package org.pg2citus.runner.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Looks at single companies' books in the target while changes stream in: a source transaction that were applied in
 * parts would show as books that do not balance.
 */
final class BookLooks implements AutoCloseable {

    private static final long PAUSE_MS = 5;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final ExecutorService thread;
    private final Future<LookCounts> counts;

    private BookLooks(Connection target, int companies) {
        thread = Executors.newSingleThreadExecutor(task -> {
            Thread looking = new Thread(task, "demo-looks");
            looking.setDaemon(true);
            return looking;
        });
        counts = thread.submit(() -> look(target, companies));
    }

    /** Begins; takes over the connection. Only after the copy: its tables are committed one by one. */
    static BookLooks start(Connection target, int companies) {
        return new BookLooks(target, companies);
    }

    private LookCounts look(Connection target, int companies) throws SQLException, InterruptedException {
        Random random = new Random(1);
        long looks = 0;
        long unbalanced = 0;
        try (target) {
            while (!stop.await(PAUSE_MS, TimeUnit.MILLISECONDS)) {
                looks++;
                if (!Books.balanced(target, 1L + random.nextInt(companies))) {
                    unbalanced++;
                }
            }
        }
        return new LookCounts(looks, unbalanced);
    }

    /** @throws IllegalStateException when looking failed */
    LookCounts stop() {
        stop.countDown();
        thread.shutdown();
        try {
            return counts.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "looking at the target failed: " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while looking at the target", e);
        }
    }

    @Override
    public void close() {
        stop.countDown();
        thread.shutdown();
    }
}
