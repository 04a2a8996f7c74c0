package org.pg2citus.runner.verify;

import java.sql.Connection;
import java.sql.SQLException;
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
        try (Connection onSource = source.connect("verify");
                Connection onTarget = target.connect("verify");
                SinkHold hold = new SinkHold(pipeline, target, onTarget, stop)) {
            listener.on(new StepStarted("holding the sink"));
            hold.place(SinkHold.written(onSource), onSource, timeout);
            listener.on(new StepStarted("taking a snapshot of the source"));
            String slot = "pg2citus_verify_%d".formatted(ProcessHandle.current().pid());
            Optional<ExportedSnapshot> made = new SlotMaking(source, listener, stop).make(slot, true);
            if (made.isEmpty()) {
                throw stopped();
            }
            try (ExportedSnapshot snapshot = made.get()) {
                listener.on(new StepStarted("waiting until the target is at %s".formatted(snapshot.lsn())));
                hold.moveTo(snapshot.lsn(), onSource, timeout);
                return compare(tables, Optional.of(snapshot), snapshot.lsn());
            }
        } catch (SQLException e) {
            throw target.failure(e, "verifying");
        }
    }

    /** Compares as both sides are; to be called when nothing is written on either. */
    public VerifyReport runWithoutHold(List<TableId> tables, Lsn lsn) {
        return compare(tables, Optional.empty(), lsn);
    }

    private VerifyReport compare(List<TableId> ids, Optional<ExportedSnapshot> snapshot, Lsn lsn) {
        List<Table> tables = described(ids);
        ConcurrentLinkedQueue<Table> left = new ConcurrentLinkedQueue<>(tables);
        Progress progress = new Progress(tables, listener);
        List<Parallel<List<TableResult>>> workers = new ArrayList<>();
        for (int i = 0; i < Math.min(jobs, tables.size()); i++) {
            workers.add(Parallel.start("verify-" + i, () -> work(left, snapshot, progress)));
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
        if (results.size() < tables.size()) {
            throw stopped();
        }
        results.sort(Comparator.comparing(result -> result.table().toString()));
        try (Connection session = target.connect("verify")) {
            return new VerifyReport(lsn, results, PlacementScan.run(session, ids));
        } catch (SQLException e) {
            throw target.failure(e, "looking where rows are placed");
        }
    }

    private List<TableResult> work(
            ConcurrentLinkedQueue<Table> left, Optional<ExportedSnapshot> snapshot, Progress progress) {
        List<TableResult> results = new ArrayList<>();
        try (Connection from = source.connect("verify");
                Connection to = target.connect("verify")) {
            enter(from, to, snapshot);
            TableComparison comparison = new TableComparison(source, target, from, to);
            for (Table table = left.poll(); table != null && !stop.isRequested(); table = left.poll()) {
                TableResult result = comparison.compare(table);
                results.add(result);
                progress.done(table, result);
            }
            return results;
        } catch (SQLException e) {
            throw target.failure(e, "comparing tables");
        }
    }

    private void enter(Connection from, Connection to, Optional<ExportedSnapshot> snapshot) throws SQLException {
        try {
            if (snapshot.isPresent()) {
                snapshot.get().enter(from);
            } else {
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
