package org.pg2citus.runner.snapshot;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.runner.event.TableProgress.State;
import org.pg2citus.runner.state.CopiedTable;
import org.pg2citus.sink.change.TableId;

/** Counts what is copied, and says how fast and how long still. Used by all copying threads. */
final class CopyMeter {

    /** The rate is that of the last seconds, not of the whole copy: tables differ. */
    private static final int WINDOW = 10;

    private record Sample(long nanos, long rows, long bytes, double weightDone) {}

    private final Map<TableId, TableProgress> tables = new LinkedHashMap<>();
    private final Map<TableId, Long> weights = new LinkedHashMap<>();
    private final Deque<Sample> samples = new ArrayDeque<>();
    private long newRows;
    private long newBytes;

    /** @param startNanos when copying starts, on the clock that {@link #measure} is given */
    CopyMeter(List<Table> all, Map<TableId, CopiedTable> copied, long startNanos) {
        for (Table table : all) {
            CopiedTable done = copied.get(table.id());
            tables.put(
                    table.id(),
                    done == null
                            ? new TableProgress(table.id(), State.WAITING, 0, 0, table.estimatedRows())
                            : new TableProgress(table.id(), State.COPIED, done.rows(), done.bytes(), done.rows()));
            // An empty table has work, too; so no table weighs nothing.
            weights.put(table.id(), table.sizeBytes() + 8192);
        }
        samples.addLast(new Sample(startNanos, 0, 0, weightDone()));
    }

    synchronized void started(TableId table) {
        tables.computeIfPresent(
                table, (id, before) -> new TableProgress(id, State.COPYING, 0, 0, before.estimatedRows()));
    }

    synchronized void added(TableId table, long rows, long bytes) {
        newRows += rows;
        newBytes += bytes;
        tables.computeIfPresent(
                table,
                (id, before) -> new TableProgress(
                        id, State.COPYING, before.rows() + rows, before.bytes() + bytes, before.estimatedRows()));
    }

    synchronized void finished(TableId table) {
        tables.computeIfPresent(
                table,
                (id, before) -> new TableProgress(id, State.COPIED, before.rows(), before.bytes(), before.rows()));
    }

    /** To be called about once a second. */
    synchronized CopyProgressed measure(long nowNanos) {
        double done = weightDone();
        double all = weights.values().stream().mapToLong(Long::longValue).sum();
        samples.addLast(new Sample(nowNanos, newRows, newBytes, done));
        if (samples.size() > WINDOW) {
            samples.removeFirst();
        }
        Sample first = samples.getFirst();
        double seconds = (nowNanos - first.nanos()) / 1e9;
        if (seconds <= 0) {
            return new CopyProgressed(List.copyOf(tables.values()), 0, 0, Optional.empty());
        }
        double weightPerSecond = (done - first.weightDone()) / seconds;
        return new CopyProgressed(
                List.copyOf(tables.values()),
                (newRows - first.rows()) / seconds,
                (newBytes - first.bytes()) / seconds,
                weightPerSecond <= 0
                        ? Optional.empty()
                        : Optional.of(Duration.ofSeconds(Math.round((all - done) / weightPerSecond))));
    }

    private double weightDone() {
        return tables.values().stream()
                .mapToDouble(progress -> weights.get(progress.table()) * progress.fraction())
                .sum();
    }
}
