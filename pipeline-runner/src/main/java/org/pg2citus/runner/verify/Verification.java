package org.pg2citus.runner.verify;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.snapshot.ExportedSnapshot;
import org.pg2citus.runner.snapshot.SlotMaking;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * Compares source and target exactly, while the application writes: a temporary slot gives a snapshot of the source at a
 * known position of its WAL, the sink is held at that position, and so both sides show the same moment. Capture goes on
 * meanwhile; the target lags by the time that the comparison takes.
 */
public final class Verification {

    // Text forms depend on settings; on Citus on those of the workers' sessions, which take the transaction's.
    private static final String TARGET_SETTINGS =
            """
            SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres';
            SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'; SET LOCAL lc_monetary = 'C'""";

    /** A table that is truncated each second is met by a snapshot at rest sooner or later. */
    private static final int MAX_ROUNDS = 10;

    private final String pipeline;
    private final Server source;
    private final Server target;
    private final MigrationListener listener;
    private final StopSignal stop;
    private final int jobs;
    private final Duration timeout;

    /**
     * @param pipeline the migration's name
     * @param listener is told what is done, and each table's result
     * @param jobs tables compared at the same time
     * @param timeout how long to wait for the sink, each time
     */
    public Verification(
            String pipeline,
            Server source,
            Server target,
            MigrationListener listener,
            StopSignal stop,
            int jobs,
            Duration timeout) {
        this.pipeline = pipeline;
        this.source = source;
        this.target = target;
        this.listener = listener;
        this.stop = stop;
        this.jobs = jobs;
        this.timeout = timeout;
    }

    /**
     * Holds the sink, compares, and lets the sink go on, whatever happens.
     *
     * @throws MigrationException when it cannot be compared; a difference is a result
     */
    public VerifyReport run(List<TableId> tables) {
        return run(tables, Optional.empty());
    }

    /**
     * The same; and where rows differ, gives the target those of the source, and compares the table again.
     *
     * @throws MigrationException VF008 when the target does not take them
     */
    public VerifyReport repair(List<TableId> tables) {
        try (Repair repair = new Repair(pipeline, target)) {
            return run(tables, Optional.of(repair));
        }
    }

    private VerifyReport run(List<TableId> tables, Optional<Repair> repair) {
        try (Connection onSource = source.connect("verify");
                Connection onTarget = target.connect("verify");
                SinkHold hold = new SinkHold(pipeline, target, onTarget, stop)) {
            listener.on(new StepStarted("holding the sink"));
            hold.place(SinkHold.written(onSource), onSource, timeout);
            Round first = round(tables, false, hold, onSource, Optional.empty());
            List<TableResult> results = new ArrayList<>(first.results());
            List<TableId> again = new ArrayList<>(first.rewritten());
            if (repair.isPresent()) {
                // Guarded: a snapshot that shows a truncated table empty must not be what the target is made equal to.
                results.stream()
                        .filter(result -> !result.equal())
                        .map(TableResult::table)
                        .forEach(again::add);
                results.removeIf(result -> !result.equal());
            }
            for (int round = 2; !again.isEmpty(); round++) {
                if (round > MAX_ROUNDS) {
                    throw new MigrationException(
                            ExitCode.STATE,
                            "VF007",
                            "tables are truncated or rewritten on the source again and again: " + again,
                            "run the command again while that rests, or leave them out with --tables");
                }
                listener.on(new StepStarted("comparing again: " + again));
                Round next = round(again, true, hold, onSource, repair);
                results.addAll(next.results());
                again = next.rewritten();
            }
            return report(first.lsn(), results, tables);
        } catch (SQLException e) {
            throw target.failure(e, "verifying");
        }
    }

    /**
     * One comparison in one snapshot.
     *
     * @param rewritten tables that the snapshot did not show any more
     */
    private record Round(Lsn lsn, List<TableResult> results, List<TableId> rewritten) {}

    /** @param guarded keeps TRUNCATE away while it compares: for few tables, since the application waits for it */
    private Round round(
            List<TableId> tables, boolean guarded, SinkHold hold, Connection onSource, Optional<Repair> repair)
            throws SQLException {
        List<Table> described = described(tables);
        listener.on(new StepStarted("taking a snapshot of the source"));
        String slot = "pg2citus_verify_%d".formatted(ProcessHandle.current().pid());
        Optional<ExportedSnapshot> made = new SlotMaking(source, listener, stop).make(slot, true);
        if (made.isEmpty()) {
            throw stopped();
        }
        try (ExportedSnapshot snapshot = made.get();
                Connection guard = source.connect("verify")) {
            if (guarded) {
                snapshot.enter(guard);
                if (!Rewrites.keepAway(guard, tables)) {
                    return new Round(snapshot.lsn(), List.of(), tables);
                }
            }
            listener.on(new StepStarted("waiting until the target is at %s".formatted(snapshot.lsn())));
            hold.moveTo(snapshot.lsn(), onSource, timeout);
            // A TRUNCATE that waits for the guard's locks has others wait behind it: only the guard itself can read
            // then.
            List<TableResult> results = guarded
                    ? compareGuarded(described, guard, repair)
                    : compare(described, Optional.of(snapshot), repair);
            List<TableId> compared = results.stream().map(TableResult::table).toList();
            return new Round(
                    snapshot.lsn(),
                    results,
                    tables.stream().filter(table -> !compared.contains(table)).toList());
        }
    }

    private List<TableResult> compareGuarded(List<Table> tables, Connection guard, Optional<Repair> repair)
            throws SQLException {
        try (Connection to = target.connect("verify")) {
            enter(guard, to, Optional.empty());
            return compareAll(
                    new ConcurrentLinkedQueue<>(tables), guard, to, true, repair, new Progress(tables, listener));
        }
    }

    /**
     * Compares as both sides are; to be called when nothing is written on either. Leaves out where rows are placed: that
     * asks every shard by itself, and the application waits.
     */
    public VerifyReport runWithoutHold(List<TableId> tables, Lsn lsn) {
        return new VerifyReport(lsn, sorted(compare(described(tables), Optional.empty(), Optional.empty())), List.of());
    }

    private static List<TableResult> sorted(List<TableResult> results) {
        return results.stream()
                .sorted(Comparator.comparing(result -> result.table().toString()))
                .toList();
    }

    private VerifyReport report(Lsn lsn, List<TableResult> results, List<TableId> ids) {
        try (Connection session = target.connect("verify")) {
            return new VerifyReport(lsn, sorted(results), PlacementScan.run(session, ids));
        } catch (SQLException e) {
            throw target.failure(e, "looking where rows are placed");
        }
    }

    /** The results of all tables but those that the snapshot did not show any more. */
    private List<TableResult> compare(
            List<Table> tables, Optional<ExportedSnapshot> snapshot, Optional<Repair> repair) {
        ConcurrentLinkedQueue<Table> left = new ConcurrentLinkedQueue<>(tables);
        Progress progress = new Progress(tables, listener);
        List<Parallel<List<TableResult>>> workers = new ArrayList<>();
        for (int i = 0; i < Math.min(jobs, tables.size()); i++) {
            workers.add(Parallel.start("verify-" + i, () -> work(left, snapshot, repair, progress)));
        }
        List<TableResult> results = new ArrayList<>();
        RuntimeException failure = null;
        for (Parallel<List<TableResult>> worker : workers) {
            try {
                results.addAll(worker.await());
            } catch (RuntimeException e) {
                left.clear();
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        if (stop.isRequested()) {
            throw stopped();
        }
        return results;
    }

    private List<TableResult> work(
            ConcurrentLinkedQueue<Table> left,
            Optional<ExportedSnapshot> snapshot,
            Optional<Repair> repair,
            Progress progress) {
        try (Connection from = source.connect("verify");
                Connection to = target.connect("verify")) {
            enter(from, to, snapshot);
            return compareAll(left, from, to, snapshot.isPresent(), repair, progress);
        } catch (SQLException e) {
            throw target.failure(e, "comparing tables");
        }
    }

    /** @param inSnapshot the source is written to, and {@code from} sees it as it was */
    private List<TableResult> compareAll(
            ConcurrentLinkedQueue<Table> left,
            Connection from,
            Connection to,
            boolean inSnapshot,
            Optional<Repair> repair,
            Progress progress)
            throws SQLException {
        List<TableResult> results = new ArrayList<>();
        TableComparison comparison = new TableComparison(source, target, from, to);
        for (Table table = left.poll(); table != null && !stop.isRequested(); table = left.poll()) {
            // What is locked by reading a table is let go of with it: a TRUNCATE waits for one table, not for all.
            Savepoint before = from.setSavepoint();
            TableResult result = comparison.compare(table, repair);
            if (inSnapshot && Rewrites.happened(from, table.id())) {
                listener.on(new Notice("%s was truncated or rewritten meanwhile".formatted(table.id())));
            } else {
                results.add(result);
                progress.done(table, result);
            }
            from.rollback(before);
        }
        return results;
    }

    private void enter(Connection from, Connection to, Optional<ExportedSnapshot> snapshot) throws SQLException {
        try {
            if (snapshot.isPresent()) {
                snapshot.get().enter(from);
            } else if (from.getAutoCommit()) {
                from.setAutoCommit(false);
            }
            try (Statement statement = from.createStatement()) {
                statement.execute("SET LOCAL TimeZone = 'UTC'");
            }
        } catch (SQLException e) {
            throw source.failure(e, "entering the snapshot");
        }
        to.setAutoCommit(false);
        try (Statement statement = to.createStatement()) {
            if (CitusTables.read(to).isCitus()) {
                statement.execute("SET LOCAL citus.propagate_set_commands = 'local'");
            }
            statement.execute(TARGET_SETTINGS);
        }
    }

    /** The tables as the source has them, largest first. */
    private List<Table> described(List<TableId> ids) {
        try (Connection session = source.connect("verify")) {
            Map<TableId, Table> known = Tables.read(session);
            List<Table> tables = new ArrayList<>();
            for (TableId id : ids) {
                Table table = known.get(id);
                if (table == null) {
                    throw new MigrationException(
                            ExitCode.SOURCE,
                            "VF004",
                            "table %s is gone from the source".formatted(id),
                            "if it was dropped on purpose, drop it on the target too, and leave it out with"
                                    + " --exclude-tables");
                }
                tables.add(table);
            }
            tables.sort(Comparator.comparing(Table::sizeBytes).reversed());
            return tables;
        } catch (SQLException e) {
            throw source.failure(e, "reading the catalog");
        }
    }

    private static MigrationException stopped() {
        return new MigrationException(
                ExitCode.STATE, "VF005", "stopped before everything was compared", "run the command again");
    }

    /** Tells each table's result, and how long the rest will take. */
    private static final class Progress {
        private final MigrationListener listener;
        private final long totalBytes;
        private final int totalTables;
        private final long startedNanos = System.nanoTime();
        private long doneBytes;
        private long doneRows;
        private int doneTables;

        Progress(List<Table> tables, MigrationListener listener) {
            this.listener = listener;
            this.totalTables = tables.size();
            this.totalBytes = tables.stream().mapToLong(Table::sizeBytes).sum();
        }

        synchronized void done(Table table, TableResult result) {
            doneBytes += table.sizeBytes();
            doneRows += result.sourceRows();
            doneTables++;
            double seconds = (System.nanoTime() - startedNanos) / 1e9;
            long secondsLeft = doneBytes == 0 ? 0 : Math.round(seconds * (totalBytes - doneBytes) / doneBytes);
            listener.on(new Notice("%s %s: %,d rows; %d of %d tables, %,d rows/s, about %d s left"
                    .formatted(
                            result.equal() ? "equal" : "DIFFERENT",
                            table.id(),
                            result.sourceRows(),
                            doneTables,
                            totalTables,
                            Math.round(doneRows / seconds),
                            secondsLeft)));
        }
    }
}
