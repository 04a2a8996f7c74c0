package org.pg2citus.runner.snapshot;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.MigrationEvent.TableCopied;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.runner.event.TableProgress.State;
import org.pg2citus.runner.state.CopiedChunk;
import org.pg2citus.runner.state.CopyState;
import org.pg2citus.sink.change.TableId;

/** Counts what is copied, and says how fast and how long still. Used by all copying threads. */
final class CopyMeter {

    /** The rate is that of the last seconds, not of the whole copy: tables differ. */
    private static final int WINDOW = 10;

    private record Sample(long nanos, long rows, long bytes, double weightDone) {}

    /** One table, while it is copied. */
    private static final class Counted {
        private final TableId table;
        private final long estimatedRows;
        // An empty table has work, too; so no table weighs nothing.
        private final long weight;
        private final Deque<Sample> samples = new ArrayDeque<>();
        private State state = State.WAITING;
        private int chunksLeft;
        private long rows;
        private long bytes;
        private long firstNanos;

        Counted(Table table, Collection<CopiedChunk> finished, int chunksLeft) {
            this.table = table.id();
            this.weight = table.sizeBytes() + 8192;
            this.estimatedRows = table.estimatedRows();
            this.chunksLeft = chunksLeft;
            finished.forEach(chunk -> {
                rows += chunk.rows();
                bytes += chunk.bytes();
            });
            if (chunksLeft == 0) {
                state = State.COPIED;
            }
        }

        TableProgress progress() {
            return TableProgress.resting(table, state, rows, bytes, state == State.COPIED ? rows : estimatedRows);
        }

        TableProgress measure(long nowNanos) {
            TableProgress now = progress();
            if (state != State.COPYING) {
                return now;
            }
            double fraction = now.fraction();
            Sample first = window(samples, new Sample(nowNanos, rows, bytes, fraction));
            double seconds = (nowNanos - first.nanos()) / 1e9;
            if (seconds <= 0) {
                return now;
            }
            return new TableProgress(
                    table,
                    state,
                    rows,
                    bytes,
                    estimatedRows,
                    (rows - first.rows()) / seconds,
                    (bytes - first.bytes()) / seconds,
                    left(1 - fraction, (fraction - first.weightDone()) / seconds));
        }
    }

    private final Map<TableId, Counted> tables = new LinkedHashMap<>();
    private final Deque<Sample> samples = new ArrayDeque<>();
    private long newRows;
    private long newBytes;

    /**
     * Begins with what earlier runs did.
     *
     * @param chunksLeft for each table how many are still to be copied; tables that are not in it are done
     * @param startNanos when copying starts, on the clock that {@link #measure} is given
     */
    CopyMeter(List<Table> all, CopyState copied, Map<TableId, Integer> chunksLeft, long startNanos) {
        for (Table table : all) {
            Collection<CopiedChunk> finished = copied.finished(table.id()).values();
            if (copied.whole().containsKey(table.id())) {
                var whole = copied.whole().get(table.id());
                finished = List.of(new CopiedChunk(
                        0, whole.copyLsn(), whole.rows(), whole.bytes(), whole.startedAt(), whole.finishedAt(), false));
            }
            tables.put(table.id(), new Counted(table, finished, chunksLeft.getOrDefault(table.id(), 0)));
        }
        samples.addLast(new Sample(startNanos, 0, 0, weightDone()));
    }

    synchronized void started(TableId table, long nowNanos) {
        Counted counted = tables.get(table);
        if (counted.state == State.WAITING) {
            counted.state = State.COPYING;
            counted.firstNanos = nowNanos;
            counted.samples.addLast(new Sample(
                    nowNanos, counted.rows, counted.bytes, counted.progress().fraction()));
        }
    }

    synchronized void added(TableId table, long rows, long bytes) {
        newRows += rows;
        newBytes += bytes;
        Counted counted = tables.get(table);
        counted.rows += rows;
        counted.bytes += bytes;
    }

    /** What was added for a chunk is not in the target after all. */
    synchronized void undone(TableId table, long rows, long bytes) {
        added(table, -rows, -bytes);
    }

    /** A chunk is committed; the result is the table's end, if it was the last one. */
    synchronized Optional<TableCopied> finished(TableId table, long nowNanos) {
        Counted counted = tables.get(table);
        counted.chunksLeft--;
        if (counted.chunksLeft > 0) {
            return Optional.empty();
        }
        counted.state = State.COPIED;
        return Optional.of(
                new TableCopied(table, counted.rows, counted.bytes, Duration.ofNanos(nowNanos - counted.firstNanos)));
    }

    /** To be called about once a second. */
    synchronized CopyProgressed measure(long nowNanos) {
        List<TableProgress> progress =
                tables.values().stream().map(table -> table.measure(nowNanos)).toList();
        double done = weightDone();
        double all = tables.values().stream().mapToLong(table -> table.weight).sum();
        Sample first = window(samples, new Sample(nowNanos, newRows, newBytes, done));
        double seconds = (nowNanos - first.nanos()) / 1e9;
        if (seconds <= 0) {
            return new CopyProgressed(progress, 0, 0, Optional.empty());
        }
        return new CopyProgressed(
                progress,
                (newRows - first.rows()) / seconds,
                (newBytes - first.bytes()) / seconds,
                left(all - done, (done - first.weightDone()) / seconds));
    }

    /** Adds a sample; the result is the oldest that still counts. */
    private static Sample window(Deque<Sample> samples, Sample now) {
        samples.addLast(now);
        if (samples.size() > WINDOW) {
            samples.removeFirst();
        }
        return samples.getFirst();
    }

    private static Optional<Duration> left(double rest, double perSecond) {
        return perSecond <= 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(Math.round(rest / perSecond)));
    }

    private double weightDone() {
        return tables.values().stream()
                .mapToDouble(table -> table.weight * table.progress().fraction())
                .sum();
    }
}
