package org.pg2citus.runner.demo;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One session of the application: transactions of all kinds at an even pace, until it is told to stop. */
final class Writer implements Callable<LoadCounts> {

    private static final String DEADLOCK = "40P01";
    private static final int RETRIES_IN_A_ROW = 20;
    private static final int WEIGHTS =
            Arrays.stream(LoadKind.values()).mapToInt(LoadKind::weight).sum();

    private final Session session;
    private final ApplicationWrites application;
    private final Random random;
    private final long paceNs;
    private final CountDownLatch stop;
    private final Map<LoadKind, Long> transactions = new EnumMap<>(LoadKind.class);
    private long changedRows;
    private long retries;

    /** @param paceNs time from the start of one transaction to the start of the next */
    Writer(Session session, Random random, int companies, long paceNs, CountDownLatch stop) {
        this.session = session;
        this.application = new ApplicationWrites(session, random, companies);
        this.random = random;
        this.paceNs = paceNs;
        this.stop = stop;
    }

    @Override
    public LoadCounts call() throws SQLException, InterruptedException {
        try (session) {
            // Every kind once, so that a short load has them all.
            for (LoadKind kind : LoadKind.values()) {
                write(kind);
            }
            long next = System.nanoTime();
            while (!stop.await(Math.max(0, next - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                write(aKind());
                // One that falls behind does not catch up with a burst.
                next = Math.max(next + paceNs, System.nanoTime());
            }
        }
        return new LoadCounts(transactions, changedRows, retries);
    }

    private void write(LoadKind kind) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                application.write(kind);
                session.commit();
                transactions.merge(kind, 1L, Long::sum);
                changedRows += session.takeChangedRows();
                return;
            } catch (SQLException e) {
                if (!DEADLOCK.equals(e.getSQLState()) || attempt == RETRIES_IN_A_ROW) {
                    throw e;
                }
                session.rollback();
                retries++;
            }
        }
    }

    private LoadKind aKind() {
        int ticket = random.nextInt(WEIGHTS);
        for (LoadKind kind : LoadKind.values()) {
            ticket -= kind.weight();
            if (ticket < 0) {
                return kind;
            }
        }
        throw new AssertionError("a ticket beyond the sum of all weights");
    }
}
