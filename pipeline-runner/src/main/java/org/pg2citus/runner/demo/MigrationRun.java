package org.pg2citus.runner.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.MigrationEvent.CaughtUp;
import org.pg2citus.runner.event.MigrationEvent.LagMeasured;
import org.pg2citus.runner.event.MigrationEvent.Stopped;
import org.pg2citus.runner.event.MigrationEvent.TableCopied;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Migration;
import org.pg2citus.sink.change.Lsn;

/** A migration that runs beside the demo, as {@code pg2citus migrate} runs it, and what it told. */
final class MigrationRun implements AutoCloseable {

    private static final Duration TURN = Duration.ofMillis(100);
    /** Many times what the demo's data need. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final MigrationListener listener;
    private final StopSignal stop = new StopSignal();
    private final CompletableFuture<Void> ended;
    private final List<Long> lagMs = new ArrayList<>();
    private long copiedRows;
    private long copyStartedNanos;
    private long copyEndedNanos;
    private boolean caughtUp;
    private Lsn applied = Lsn.ZERO;

    private MigrationRun(MigrationSettings settings, MigrationListener listener) {
        this.listener = listener;
        this.ended = CompletableFuture.runAsync(
                () -> new Migration(settings, this::on, stop, Migration.Until.STOPPED).run(),
                task -> new Thread(task, "demo-migration").start());
    }

    /** @param listener is told what the migration tells */
    static MigrationRun start(MigrationSettings settings, MigrationListener listener) {
        return new MigrationRun(settings, listener);
    }

    private void on(MigrationEvent event) {
        synchronized (this) {
            if (event instanceof TableCopied table) {
                long now = System.nanoTime();
                if (copiedRows == 0) {
                    copyStartedNanos = now - table.took().toNanos();
                }
                copiedRows += table.rows();
                copyEndedNanos = now;
            } else if (event instanceof CaughtUp) {
                caughtUp = true;
            } else if (event instanceof LagMeasured measured) {
                applied = measured.lag().appliedLsn();
                if (caughtUp) {
                    measured.lag().lagMs().ifPresent(lagMs::add);
                }
            }
        }
        // That a later run would continue is not for the demo to say.
        if (!(event instanceof Stopped)) {
            listener.on(event);
        }
    }

    synchronized long copiedRows() {
        return copiedRows;
    }

    synchronized Duration copyTook() {
        return Duration.ofNanos(copyEndedNanos - copyStartedNanos);
    }

    /** The lag in time since the target had caught up, about one a second. */
    synchronized List<Long> lagMs() {
        return List.copyOf(lagMs);
    }

    private synchronized boolean isCaughtUp() {
        return caughtUp;
    }

    private synchronized Lsn applied() {
        return applied;
    }

    /** Waits until the copy is done and the changes since are applied; false when it was asked to stop. */
    boolean awaitCaughtUp(StopSignal user) {
        return await(this::isCaughtUp, user, "the target has caught up");
    }

    /** Waits until everything that the source had committed before a position is in the target. */
    boolean awaitApplied(Lsn lsn, StopSignal user) {
        return await(() -> applied().compareTo(lsn) >= 0, user, "everything up to " + lsn + " is applied");
    }

    /** Lets it stream; false when it was asked to stop. */
    boolean streamFor(Duration time, StopSignal user) {
        long end = System.nanoTime() + time.toNanos();
        return await(() -> System.nanoTime() - end >= 0, user, "the time is over");
    }

    private boolean await(Condition condition, StopSignal user, String what) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            throwIfEnded();
            if (user.await(TURN)) {
                return false;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new MigrationException(
                        ExitCode.STALLED,
                        "DM002",
                        "waited %d minutes until %s".formatted(PATIENCE.toMinutes(), what),
                        "run the demo again; if it repeats, report it with the log");
            }
        }
        return true;
    }

    @FunctionalInterface
    private interface Condition {
        boolean holds();
    }

    private void throwIfEnded() {
        if (ended.isDone()) {
            join();
            throw new AssertionError("a migration that nobody stopped has ended without an error");
        }
    }

    /** Stops it cleanly and waits for its end; throws what it failed with. */
    void stop() {
        stop.request();
        join();
    }

    private void join() {
        try {
            ended.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Stops it, whatever it failed with: that was thrown where somebody waited for it. */
    @Override
    public void close() {
        stop.request();
        try {
            ended.exceptionally(e -> null).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the migration does not end", e);
        }
    }
}
