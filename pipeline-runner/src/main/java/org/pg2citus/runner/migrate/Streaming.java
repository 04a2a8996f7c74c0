package org.pg2citus.runner.migrate;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.Lag;
import org.pg2citus.runner.event.MigrationEvent.CaughtUp;
import org.pg2citus.runner.event.MigrationEvent.LagMeasured;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.runner.stream.Connectors;
import org.pg2citus.runner.stream.Pipes;
import org.pg2citus.runner.watch.LagMeter;
import org.pg2citus.runner.watch.TaskWatch;
import org.pg2citus.sink.change.Lsn;

/** Applies changes until it is told to stop, and watches. */
final class Streaming {

    private static final Duration TICK = Duration.ofSeconds(1);
    private static final int TICKS_PER_LAG_RECORD = 5;
    private static final int TICKS_PER_TRIM = 10;

    /** A target that fails over may lose its last commits, and the progress with them: they are then read again. */
    private static final Duration TRIM_MARGIN = Duration.ofSeconds(60);

    private final MigrationSettings settings;
    private final Sessions sessions;
    private final MigrationStore store;
    private final Pipes pipes;
    private final MigrationListener listener;
    private final StopSignal stop;
    private final LagMeter meter = new LagMeter();
    private final TrimPoint trimPoint = new TrimPoint(TRIM_MARGIN);
    private boolean trimmingRefused;

    Streaming(
            MigrationSettings settings,
            Sessions sessions,
            MigrationStore store,
            Pipes pipes,
            MigrationListener listener,
            StopSignal stop) {
        this.settings = settings;
        this.sessions = sessions;
        this.store = store;
        this.pipes = pipes;
        this.listener = listener;
        this.stop = stop;
    }

    /**
     * Runs until it is stopped.
     *
     * @param source looks after the source connector, which runs already
     * @param untilCaughtUp ends by itself when everything that the source has committed by now is applied
     */
    void run(MigrationState state, TaskWatch source, boolean untilCaughtUp) {
        Connectors connectors = new Connectors(settings);
        pipes.connect().put(connectors.sinkName(), connectors.sink());
        TaskWatch sink = new TaskWatch(pipes.connect(), connectors.sinkName(), settings.taskRestarts(), listener);
        Lsn goal = committedByNow();
        boolean patient = settings.watch().captureWhenHalted() && !untilCaughtUp;
        try (StreamHealth health = new StreamHealth(settings, sessions, pipes, listener)) {
            watch(state, source, sink, goal, untilCaughtUp, patient, health);
        }
    }

    private void watch(
            MigrationState state,
            TaskWatch source,
            TaskWatch sink,
            Lsn goal,
            boolean untilCaughtUp,
            boolean patient,
            StreamHealth health) {
        boolean caughtUp = false;
        for (int tick = 1; !stop.await(TICK); tick++) {
            long nowMillis = System.nanoTime() / 1_000_000;
            source.look(nowMillis);
            Optional<MigrationException> halt = Optional.empty();
            if (patient) {
                halt = sink.lookPatiently(nowMillis);
            } else {
                sink.look(nowMillis);
            }
            AppliedProgress applied =
                    sessions.readTarget("reading the progress", store::progress).atLeast(state.slotLsn());
            Slot slot = slot(state);
            Lsn written = written();
            Lag lag = meter.measure(nowMillis, written, applied, slot.retainedWalBytes());
            listener.on(new LagMeasured(lag));
            health.look(nowMillis, state, slot, written, applied, halt);
            if (!caughtUp && applied.lsn().compareTo(goal) >= 0) {
                caughtUp = true;
                listener.on(new CaughtUp(goal));
                if (untilCaughtUp) {
                    return;
                }
            }
            if (tick % TICKS_PER_LAG_RECORD == 0) {
                sessions.readTarget("recording the lag", target -> {
                    store.recordLag(target, lag.lagMs());
                    return null;
                });
            }
            if (tick % TICKS_PER_TRIM == 0) {
                trim(applied, nowMillis);
            }
        }
    }

    private Slot slot(MigrationState state) {
        Slot slot = sessions.readSource("reading the slot", connection -> Slot.read(connection, state.slot()))
                .orElseThrow(() -> slotLost(state, "is gone"));
        if (slot.isLost()) {
            throw slotLost(state, "is lost: the source has removed WAL that it needed");
        }
        return slot;
    }

    private Lsn written() {
        return sessions.readSource("reading the WAL position", connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT pg_current_wal_lsn()")) {
                row.next();
                return Lsn.parse(row.getString(1));
            }
        });
    }

    private static MigrationException slotLost(MigrationState state, String how) {
        return new MigrationException(
                ExitCode.SLOT_LOST,
                "SL002",
                "replication slot %s %s; changes after what is in the topic are missing".formatted(state.slot(), how),
                "the migration has to start again with a new copy; before that, raise max_slot_wal_keep_size and find"
                        + " out who dropped the slot");
    }

    /**
     * Where the source's WAL ends now. With synchronous_commit off, a commit before it may not be on disk yet, and only
     * what is on disk is streamed: the empty message has the source write it out.
     */
    private Lsn committedByNow() {
        return sessions.readSource("reading the WAL position", connection -> {
            Lsn end;
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()")) {
                row.next();
                end = Lsn.parse(row.getString(1));
            }
            try (PreparedStatement statement = connection.prepareStatement(
                            "SELECT pg_logical_emit_message(false, 'pg2citus', ''), pg_current_xact_id()");
                    ResultSet row = statement.executeQuery()) {
                row.next();
            }
            return end;
        });
    }

    /** The topic is this migration's own, wherever it is: nothing else reads it, and nothing else would ever trim it. */
    private void trim(AppliedProgress applied, long nowMillis) {
        if (trimmingRefused || applied.nextOffset().isEmpty()) {
            return;
        }
        OptionalLong offset = trimPoint.next(nowMillis, applied.nextOffset().getAsLong());
        if (offset.isEmpty()) {
            return;
        }
        try {
            pipes.topic().removeBefore(offset.getAsLong());
        } catch (MigrationException e) {
            if (pipes.hasEmbeddedKafka()) {
                throw e;
            }
            // The stream is right without it; whose cluster it is has to know that the topic grows.
            trimmingRefused = true;
            listener.on(new Notice(
                    "applied records cannot be removed from topic %s, so it grows until the migration ends (%s). Give the user the right to delete records of the topic, and run the command again"
                            .formatted(settings.kafka().topic(), e.getMessage())));
        }
    }
}
