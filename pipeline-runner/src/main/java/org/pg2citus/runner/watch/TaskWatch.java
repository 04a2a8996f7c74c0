package org.pg2citus.runner.watch;

import java.time.Duration;
import java.util.Optional;
import org.pg2citus.runner.event.MigrationEvent.TaskRestarted;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.stream.ConnectClient;
import org.pg2citus.runner.stream.ConnectorStatus;

/** Looks after one connector: starts it again after errors that may pass, and ends the command for those that do not. */
public final class TaskWatch {

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    /** After running this long, a failure counts as the first again. */
    private static final Duration WELL = Duration.ofMinutes(5);
    /** What no retry mends, a person mends; then it is to go on by itself, the sooner the fresher the failure is. */
    private static final Duration FIRST_HALT_PAUSE = Duration.ofSeconds(2);

    private static final Duration LONGEST_HALT_PAUSE = Duration.ofSeconds(30);
    /** Another task writes for this migration: started again, ours would take it over again, and so on. */
    private static final String TAKEN_OVER = "AP007";
    /** A task that was started again needs this long to fail again. */
    private static final Duration SETTLE = Duration.ofSeconds(5);

    private final ConnectClient connect;
    private final String connector;
    private final int maxRestarts;
    private final MigrationListener listener;
    private int restarts;
    private long wellSinceMillis;
    private Optional<Long> restartAtMillis = Optional.empty();
    private Optional<MigrationException> halt = Optional.empty();
    private long nextTrialMillis;
    private boolean onTrial;
    private int trials;

    public TaskWatch(ConnectClient connect, String connector, int maxRestarts, MigrationListener listener) {
        this.connect = connect;
        this.connector = connector;
        this.maxRestarts = maxRestarts;
        this.listener = listener;
    }

    /**
     * Looks once; to be called about once a second.
     *
     * @param nowMillis a clock that never goes back
     * @throws MigrationException when the task failed for good
     */
    public void look(long nowMillis) {
        Optional<MigrationException> failure = failure(nowMillis);
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /**
     * Looks once, and does not give up: a task that failed for good is tried again, which changes nothing until its cause
     * is mended.
     *
     * @param nowMillis a clock that never goes back
     * @return why the task does not run; empty while it does
     * @throws MigrationException when another task has taken over
     */
    public Optional<MigrationException> lookPatiently(long nowMillis) {
        if (halt.isPresent() && nowMillis < nextTrialMillis) {
            return halt;
        }
        if (halt.isPresent() && !onTrial) {
            connect.restartFailed(connector);
            restarts = 0;
            onTrial = true;
            trials++;
            nextTrialMillis = nowMillis + SETTLE.toMillis();
            return halt;
        }
        onTrial = false;
        halt = failure(nowMillis);
        if (halt.isPresent() && halt.get().code().equals(TAKEN_OVER)) {
            throw halt.get();
        }
        trials = halt.isPresent() ? trials : 0;
        nextTrialMillis = nowMillis + haltPause(trials).toMillis();
        return halt;
    }

    /** Starts the task again where that may help. */
    private Optional<MigrationException> failure(long nowMillis) {
        if (restartAtMillis.isPresent()) {
            if (nowMillis >= restartAtMillis.get()) {
                restartAtMillis = Optional.empty();
                wellSinceMillis = nowMillis;
                connect.restartFailed(connector);
            }
            return Optional.empty();
        }
        Optional<ConnectorStatus> status = connect.status(connector);
        if (status.isEmpty() || !status.get().isFailed()) {
            if (nowMillis - wellSinceMillis > WELL.toMillis()) {
                restarts = 0;
            }
            return Optional.empty();
        }
        TaskFailure failure = TaskFailure.of(status.get().trace().orElse("no trace"));
        if (!failure.mayPass() || restarts >= maxRestarts) {
            return Optional.of(new MigrationException(
                    failure.exitCode(), failure.code().orElse("KC010"), failure.message(), remedy(failure)));
        }
        Duration pause = pause(restarts);
        restarts++;
        restartAtMillis = Optional.of(nowMillis + pause.toMillis());
        listener.on(new TaskRestarted(connector, failure.message(), restarts, pause));
        return Optional.empty();
    }

    private String remedy(TaskFailure failure) {
        if (failure.exitCode() == ExitCode.SLOT_LOST) {
            return "nothing was streamed over the gap; the migration has to start again with a new copy";
        }
        return failure.mayPass()
                ? "it was started again %d times; see the log, mend the cause, then run the command again: it continues"
                                .formatted(restarts)
                        + " where it stopped"
                : "mend the cause, then run the command again: it continues where it stopped";
    }

    static Duration pause(int restartsBefore) {
        return doubled(FIRST_PAUSE, restartsBefore, LONGEST_PAUSE);
    }

    static Duration haltPause(int trialsBefore) {
        return doubled(FIRST_HALT_PAUSE, trialsBefore, LONGEST_HALT_PAUSE);
    }

    private static Duration doubled(Duration first, int times, Duration longest) {
        Duration pause = first.multipliedBy(1L << Math.min(times, 10));
        return pause.compareTo(longest) < 0 ? pause : longest;
    }
}
