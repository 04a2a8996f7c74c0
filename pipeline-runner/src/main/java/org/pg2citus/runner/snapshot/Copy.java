package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.snapshot.ChunkCopy.SourceFailure;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.runner.state.CopiedChunk;
import org.pg2citus.runner.state.CopyStore;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/**
 * Copies chunks in parallel out of one snapshot. Each is in the target whole, with its row in the ledger, or not at all;
 * so whatever ends the copy, the next run goes on with the rest. A lost connection does not end it: as long as the
 * snapshot is there, the chunk is done again over a new one.
 */
public final class Copy {

    /** What the copying sessions are for, in the servers' lists of sessions. */
    public static final String PURPOSE = "copy";

    private static final Duration TICK = Duration.ofSeconds(1);
    private static final int ATTEMPTS = 6;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    private final Server source;
    private final Server target;
    private final CopyStore store;
    private final TargetSession session;
    private final int jobs;
    private final MigrationListener listener;
    private final Consumer<CopyProgressed> everySecond;
    private final StopSignal stop;
    private final List<Connection> open = new ArrayList<>();
    private final AtomicReference<RuntimeException> failure = new AtomicReference<>();
    private final StopSignal ending = new StopSignal();

    /**
     * Wires a copy.
     *
     * @param jobs chunks at the same time
     * @param everySecond looks whether the copy is still worth it, and throws if not
     */
    public Copy(
            Server source,
            Server target,
            CopyStore store,
            TargetSession session,
            int jobs,
            MigrationListener listener,
            Consumer<CopyProgressed> everySecond,
            StopSignal stop) {
        this.source = source;
        this.target = target;
        this.store = store;
        this.session = session;
        this.jobs = jobs;
        this.listener = listener;
        this.everySecond = everySecond;
        this.stop = stop;
    }

    /** Both ends of a copying thread. */
    private record Ends(SnapshotSession from, Connection to) {}

    /**
     * Copies what is left.
     *
     * @return the tables that this snapshot cannot show, as they were emptied or rewritten after it was taken; empty when
     *     it was stopped before the end
     * @throws MigrationException the first failure of any chunk
     */
    public Optional<Set<TableId>> run(CopyRun work, ExportedSnapshot snapshot) {
        int threads = Math.min(jobs, work.rest().size());
        try {
            List<Ends> ends = new ArrayList<>();
            List<SnapshotSession> locking = new ArrayList<>();
            // One session more keeps the locks, whatever happens to those that copy.
            SnapshotSession keeper = enter(snapshot);
            locking.add(keeper);
            for (int i = 0; i < threads; i++) {
                Ends opened = open(snapshot);
                ends.add(opened);
                locking.add(opened.from());
            }
            Optional<Set<TableId>> rewritten = new SourceLocks(source, listener, stop).take(locking, work.tablesLeft());
            if (rewritten.isEmpty()) {
                return Optional.empty();
            }
            Set<TableId> postponed = session.replicaRole() ? rewritten.get() : work.connected(rewritten.get());
            return copyAll(work, postponed, snapshot, keeper, ends) ? Optional.of(postponed) : Optional.empty();
        } catch (SQLException e) {
            throw "53200".equals(e.getSQLState()) ? tooManyLocks(e) : source.failure(e, "entering the snapshot");
        } finally {
            abortAll();
        }
    }

    private boolean copyAll(
            CopyRun work, Set<TableId> postponed, ExportedSnapshot snapshot, SnapshotSession keeper, List<Ends> ends) {
        CopyMeter meter = new CopyMeter(work.tables(), work.copied(), work.chunksLeft(), System.nanoTime());
        CopyOrder order =
                new CopyOrder(work.without(postponed).rest(), session.replicaRole() ? Map.of() : work.references());
        CountDownLatch running = new CountDownLatch(ends.size());
        Map<TableId, Table> tables = work.byId();
        for (int i = 0; i < ends.size(); i++) {
            Ends mine = ends.get(i);
            Thread thread = new Thread(() -> work(order, tables, snapshot, meter, mine, running), "copy-" + (i + 1));
            thread.setDaemon(true);
            thread.start();
        }
        return watch(order, meter, keeper, running);
    }

    private boolean watch(CopyOrder order, CopyMeter meter, SnapshotSession keeper, CountDownLatch running) {
        boolean stopped = false;
        while (!awaitEnd(running)) {
            CopyProgressed progress = meter.measure(System.nanoTime());
            listener.on(progress);
            look(progress, keeper);
            if ((stop.isRequested() || failure.get() != null) && !stopped) {
                stopped = true;
                ending.request();
                order.close();
                abortAll();
            }
        }
        if (failure.get() != null && !stop.isRequested()) {
            throw failure.get();
        }
        listener.on(meter.measure(System.nanoTime()));
        if (!stopped && failure.get() == null && !order.isFinished()) {
            throw new AssertionError("every thread ended, but not everything is copied");
        }
        return !stopped && failure.get() == null;
    }

    private void look(CopyProgressed progress, SnapshotSession keeper) {
        if (failure.get() == null) {
            try {
                everySecond.accept(progress);
                keeper.check();
            } catch (SQLException e) {
                failure.compareAndSet(null, source.failure(e, "keeping tables from being altered"));
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
            }
        }
    }

    private void work(
            CopyOrder order,
            Map<TableId, Table> tables,
            ExportedSnapshot snapshot,
            CopyMeter meter,
            Ends opened,
            CountDownLatch running) {
        Ends ends = opened;
        try {
            for (Optional<Chunk> next = order.next(); next.isPresent(); next = order.next()) {
                Chunk chunk = next.get();
                ends = copy(tables.get(chunk.table()), chunk, snapshot, meter, ends);
                order.finished(chunk);
                meter.finished(chunk.table(), System.nanoTime()).ifPresent(listener::on);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (HaltException e) {
            failure.compareAndSet(null, CopyFailures.ofHalt(e));
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        } catch (Error e) {
            failure.compareAndSet(
                    null,
                    new MigrationException(
                            ExitCode.INTERNAL,
                            "CP008",
                            "copying failed: " + e,
                            "report it with the log; what is finished stays, and the command, run again, goes on",
                            e));
        } finally {
            if (failure.get() != null) {
                order.close();
            }
            running.countDown();
        }
    }

    /** Copies one chunk, over new sessions when they are lost; the result are those that work. */
    private Ends copy(Table table, Chunk chunk, ExportedSnapshot snapshot, CopyMeter meter, Ends first) {
        Ends ends = first;
        meter.started(table.id(), System.nanoTime());
        boolean isOpen = true;
        for (int attempt = 1; ; attempt++) {
            try {
                if (!isOpen) {
                    ends = reopen(chunk, snapshot);
                    isOpen = true;
                    if (ending.isRequested()) {
                        // Nobody else closes what was opened after the end began.
                        abortAll();
                    }
                    // The answer to a commit may be what was lost.
                    session.awaitRecovery(ends.to());
                    Optional<CopiedChunk> done = store.find(ends.to(), chunk);
                    if (done.isPresent()) {
                        meter.added(table.id(), done.get().rows(), done.get().bytes());
                        return ends;
                    }
                }
                lock(ends.from(), table);
                new ChunkCopy(ends.from(), ends.to(), store, session, meter).copy(table, chunk, snapshot.lsn());
                return ends;
            } catch (SourceFailure e) {
                giveUpOrPause(
                        attempt,
                        CopyFailures.mayPass(e.error()),
                        chunk,
                        e.error().getMessage(),
                        () -> CopyFailures.ofSource(source, chunk, e.error()));
            } catch (SQLException e) {
                giveUpOrPause(
                        attempt,
                        CopyFailures.mayPass(e),
                        chunk,
                        e.getMessage(),
                        () -> CopyFailures.ofTarget(target, chunk, e));
            } catch (MigrationException e) {
                giveUpOrPause(attempt, CopyFailures.mayPass(e), chunk, e.getMessage(), () -> e);
            }
            isOpen = false;
            abort(ends.from().connection());
            abort(ends.to());
        }
    }

    private void giveUpOrPause(
            int attempt, boolean mayPass, Chunk chunk, String message, Supplier<MigrationException> failed) {
        if (!mayPass || attempt == ATTEMPTS || ending.isRequested()) {
            throw failed.get();
        }
        Duration pause = FIRST_PAUSE.multipliedBy(1L << (attempt - 1));
        listener.on(new Notice("copying %s failed (%s); again in %d s, attempt %d of %d"
                .formatted(
                        chunk,
                        String.valueOf(message).lines().findFirst().orElse(""),
                        pause.toSeconds(),
                        attempt + 1,
                        ATTEMPTS)));
        if (ending.await(pause)) {
            throw failed.get();
        }
    }

    private Ends open(ExportedSnapshot snapshot) throws SQLException {
        return new Ends(enter(snapshot), opened(target.connect(PURPOSE)));
    }

    private Ends reopen(Chunk chunk, ExportedSnapshot snapshot) {
        try {
            return open(snapshot);
        } catch (SQLException e) {
            throw CopyFailures.ofSource(source, chunk, e);
        }
    }

    /** A session that was opened later has not the lock; behind one who waits for ours it would wait for ever. */
    private static void lock(SnapshotSession session, Table table) throws SourceFailure {
        try {
            if (!session.lock(table, (int) FIRST_PAUSE.toMillis())) {
                throw new MigrationException(
                        ExitCode.SOURCE,
                        "CP009",
                        "somebody waits for an exclusive lock on table %s of the source, so that its copy cannot go on over"
                                        .formatted(table.id())
                                + " a new connection",
                        "end who waits, or let them go first; then run the command again: it takes a new snapshot for what"
                                + " is left");
            }
        } catch (SQLException e) {
            throw new SourceFailure(e);
        }
    }

    private SnapshotSession enter(ExportedSnapshot snapshot) throws SQLException {
        return SnapshotSession.enter(opened(source.connect(PURPOSE)), snapshot);
    }

    private static MigrationException tooManyLocks(SQLException e) {
        return new MigrationException(
                ExitCode.SOURCE,
                "CP010",
                "the source has no room for the locks that keep tables from being altered while they are copied: "
                        + e.getMessage(),
                "raise max_locks_per_transaction on the source, or lower copy.jobs; then run the command again",
                e);
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
            open.clear();
        }
        all.forEach(this::abort);
    }

    private void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            failure.compareAndSet(null, source.failure(e, "closing a session"));
        }
        synchronized (open) {
            open.remove(connection);
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
