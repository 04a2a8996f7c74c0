package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.snapshot.TableCopy.SourceFailure;
import org.pg2citus.runner.state.CopiedTable;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.sink.change.TableId;

/**
 * Copies tables in parallel out of one snapshot. Each is in the target whole, with its row in the ledger, or not at
 * all; so whatever ends the copy, the next run goes on with the rest.
 */
public final class Copy {

    private static final Duration TICK = Duration.ofSeconds(1);

    private final Server source;
    private final Server target;
    private final MigrationStore store;
    private final TargetSession session;
    private final int jobs;
    private final MigrationListener listener;
    private final Runnable everySecond;
    private final List<Connection> open = new ArrayList<>();
    private final AtomicReference<RuntimeException> failure = new AtomicReference<>();

    /**
     * Wires a copy.
     *
     * @param citus the target has the extension
     * @param replicaRole the target's role may switch foreign keys and triggers off
     * @param jobs tables at the same time
     * @param everySecond looks whether the copy is still worth it, and throws if not
     */
    public Copy(
            Server source,
            Server target,
            MigrationStore store,
            boolean citus,
            boolean replicaRole,
            int jobs,
            MigrationListener listener,
            Runnable everySecond) {
        this.source = source;
        this.target = target;
        this.store = store;
        this.session = new TargetSession(citus, replicaRole);
        this.jobs = jobs;
        this.listener = listener;
        this.everySecond = everySecond;
    }

    /**
     * Copies those tables that are not in the ledger.
     *
     * @param tables all tables of the migration
     * @param references foreign keys of the target, from table to referenced tables
     * @return false when it was stopped before the end
     * @throws MigrationException the first failure of any table
     */
    public boolean run(
            List<Table> tables,
            Map<TableId, CopiedTable> copied,
            ExportedSnapshot snapshot,
            Map<TableId, Set<TableId>> references,
            StopSignal stop) {
        List<Table> rest =
                tables.stream().filter(table -> !copied.containsKey(table.id())).toList();
        CopyMeter meter = new CopyMeter(tables, copied, System.nanoTime());
        CopyOrder order = new CopyOrder(rest, session.replicaRole() ? Map.of() : references);
        int threads = Math.min(jobs, rest.size());
        CountDownLatch running = new CountDownLatch(threads);
        for (int number = 1; number <= threads; number++) {
            Thread thread = new Thread(() -> work(order, snapshot, meter, running), "copy-" + number);
            thread.setDaemon(true);
            thread.start();
        }
        boolean stopped = false;
        while (!awaitEnd(running)) {
            listener.on(meter.measure(System.nanoTime()));
            look();
            if ((stop.isRequested() || failure.get() != null) && !stopped) {
                stopped = true;
                order.close();
                abortAll();
            }
        }
        if (failure.get() != null && !stop.isRequested()) {
            throw failure.get();
        }
        listener.on(meter.measure(System.nanoTime()));
        return !stopped;
    }

    private void look() {
        if (failure.get() == null) {
            try {
                everySecond.run();
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
            }
        }
    }

    private void work(CopyOrder order, ExportedSnapshot snapshot, CopyMeter meter, CountDownLatch running) {
        try (Connection from = opened(source.connect("copy"));
                Connection to = opened(target.connect("copy"))) {
            snapshot.enter(from);
            TableCopy tableCopy = new TableCopy(from, to, store, session);
            for (Optional<Table> next = order.next(); next.isPresent(); next = order.next()) {
                Table table = next.get();
                CopiedTable done = copy(tableCopy, table, snapshot, meter);
                order.finished(table.id());
                listener.on(new MigrationEvent.TableCopied(
                        table.id(), done.rows(), done.bytes(), Duration.between(done.startedAt(), done.finishedAt())));
            }
        } catch (SQLException e) {
            failure.compareAndSet(null, source.failure(e, "copying"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        } finally {
            if (failure.get() != null) {
                order.close();
            }
            running.countDown();
        }
    }

    private CopiedTable copy(TableCopy tableCopy, Table table, ExportedSnapshot snapshot, CopyMeter meter) {
        try {
            return tableCopy.copy(table, snapshot.lsn(), meter);
        } catch (SourceFailure e) {
            throw source.failure((SQLException) e.getCause(), "reading table " + table.id());
        } catch (SQLException e) {
            if (Server.isConnectionLoss(e)) {
                throw target.failure(e, "writing table " + table.id());
            }
            throw new MigrationException(
                    ExitCode.TARGET,
                    "CP001",
                    "the target does not take table %s (SQLSTATE %s): %s"
                            .formatted(
                                    table.id(),
                                    e.getSQLState(),
                                    String.valueOf(e.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse("")),
                    "nothing of the table was kept, finished tables were; mend the cause and run the command again, it"
                            + " goes on with the rest",
                    e);
        }
    }

    private Connection opened(Connection connection) {
        synchronized (open) {
            open.add(connection);
        }
        return connection;
    }

    /** A thread that waits for a server has no other ear. */
    private void abortAll() {
        List<Connection> all;
        synchronized (open) {
            all = List.copyOf(open);
        }
        for (Connection connection : all) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                failure.compareAndSet(null, source.failure(e, "stopping the copy"));
            }
        }
    }

    private static boolean awaitEnd(CountDownLatch running) {
        try {
            return running.await(TICK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationException(
                    ExitCode.INTERNAL, "CP002", "interrupted while copying", "run the command again", e);
        }
    }
}
