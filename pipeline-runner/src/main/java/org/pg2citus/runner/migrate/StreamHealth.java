package org.pg2citus.runner.migrate;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.MigrationEvent.Alarm;
import org.pg2citus.runner.event.MigrationEvent.Recovered;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.stream.Connectors;
import org.pg2citus.runner.stream.Pipes;
import org.pg2citus.runner.verify.SinkHold;
import org.pg2citus.runner.watch.Alerts;
import org.pg2citus.runner.watch.Cause;
import org.pg2citus.runner.watch.Health;
import org.pg2citus.runner.watch.HealthStore;
import org.pg2citus.runner.watch.PolicyLadder;
import org.pg2citus.runner.watch.StallCauses;
import org.pg2citus.runner.watch.StallMeter;
import org.pg2citus.runner.watch.Trend;
import org.pg2citus.runner.watch.WalLeft;
import org.pg2citus.sink.change.Lsn;

/** Watches a stream: says when it does not go on and why, how long the source has room, and does what the policy says. */
final class StreamHealth implements AutoCloseable {

    private static final int TICKS_PER_LOOK = 5;

    private final MigrationSettings settings;
    private final Sessions sessions;
    private final Pipes pipes;
    private final MigrationListener listener;
    private final Trend retained = new Trend();
    private final Trend behind = new Trend();
    private final StallMeter stall = new StallMeter();
    private final PolicyLadder ladder;
    private final Alerts alerts;
    private final HealthStore store;
    private final StallCauses causes;
    private final boolean citus;
    private int ticks;
    private OptionalLong walLeft = OptionalLong.empty();
    private OptionalLong topicLag = OptionalLong.empty();
    private Optional<String> oldest = Optional.empty();
    private Optional<Lsn> held = Optional.empty();
    private Optional<Cause> cause = Optional.empty();
    private Duration stalledFor = Duration.ZERO;
    private Health.State state = Health.State.RUNNING;

    StreamHealth(MigrationSettings settings, Sessions sessions, Pipes pipes, MigrationListener listener) {
        this.settings = settings;
        this.sessions = sessions;
        this.pipes = pipes;
        this.listener = listener;
        this.ladder = new PolicyLadder(settings.watch());
        this.alerts = new Alerts(settings.name(), settings.watch());
        this.store = new HealthStore(settings.name());
        this.causes = new StallCauses(settings.name());
        this.citus = sessions.readTarget("looking for Citus", CitusTables::read).isCitus();
    }

    /**
     * Looks once; to be called about once a second.
     *
     * @param halt why the sink does not run; empty while it does
     * @throws MigrationException WT011 (exit code 11) when the policy has the slot dropped
     */
    void look(
            long nowMillis,
            MigrationState migration,
            Slot slot,
            Lsn sourceLsn,
            AppliedProgress applied,
            Optional<MigrationException> halt) {
        retained.measure(nowMillis, slot.retainedWalBytes());
        behind.measure(nowMillis, Math.max(0, sourceLsn.bytesSince(applied.lsn())));
        boolean wholeLook = ticks++ % TICKS_PER_LOOK == 0;
        if (wholeLook) {
            lookAround(migration, applied);
        }
        if (held.isPresent()) {
            // Standing still on purpose is no stall, and none when it goes on again.
            stall.restart();
        }
        Duration still = stall.measure(nowMillis, sourceLsn, applied);
        boolean stalled = halt.isPresent()
                || (held.isEmpty() && still.compareTo(settings.watch().stalledAfter()) >= 0);
        if (!stalled) {
            cause = Optional.empty();
        } else if (halt.isPresent()) {
            cause = halt.map(failure -> new Cause(failure.code(), failure.getMessage(), failure.remedy()));
        } else if (wholeLook || cause.isEmpty()) {
            cause = Optional.of(sessions.readTarget(
                    "looking why the sink stalls", target -> causes.find(target, citus, Optional.of(slot))));
        }
        Health.State before = state;
        state = stalled ? Health.State.STALLED : held.isPresent() ? Health.State.HELD : Health.State.RUNNING;
        if (before == Health.State.STALLED && !stalled) {
            listener.on(new Recovered(stalledFor));
        }
        stalledFor = stalled ? still : Duration.ZERO;
        Health health = new Health(
                state,
                cause,
                stalledFor,
                retained.perSecond(),
                walLeft,
                retained.untilGrownBy(walLeft),
                behind.untilNothing(),
                topicLag,
                oldest);
        if (wholeLook || state != before) {
            sessions.readTarget("recording how it is", target -> {
                store.save(target, health);
                return null;
            });
        }
        act(ladder.steps(health), health, migration, slot, applied);
    }

    private void lookAround(MigrationState migration, AppliedProgress applied) {
        walLeft = sessions.readSource(
                "reading how much WAL has room", source -> WalLeft.read(settings.source(), source, migration.slot()));
        oldest = sessions.readSource("looking for open transactions", StallCauses::oldestTransaction);
        held = sessions.readTarget("reading the hold", target -> SinkHold.current(target, migration.name()));
        topicLag = applied.nextOffset().isPresent()
                ? OptionalLong.of(Math.max(
                        0, pipes.topic().endOffset() - applied.nextOffset().getAsLong()))
                : OptionalLong.empty();
    }

    private void act(
            List<PolicyLadder.Step> steps,
            Health health,
            MigrationState migration,
            Slot slot,
            AppliedProgress applied) {
        boolean dryRun = settings.watch().dryRun();
        for (PolicyLadder.Step step : steps) {
            switch (step) {
                case WARN -> {
                    if (!steps.contains(PolicyLadder.Step.ALERT)) {
                        tell(step, health, slot, "");
                    }
                }
                case ALERT -> tell(step, health, slot, "");
                case PAUSE -> {
                    tell(step, health, slot, dryRun ? "; the policy would hold the sink" : "; the sink is held");
                    if (!dryRun && held.isEmpty()) {
                        sessions.onTarget(
                                "holding the sink", target -> SinkHold.set(target, migration.name(), applied.lsn()));
                    }
                }
                case RELEASE -> {
                    tell(
                            step,
                            health,
                            slot,
                            dryRun ? "; the policy would drop the slot" : "; the slot is dropped to save the source");
                    if (!dryRun) {
                        release(migration);
                    }
                }
            }
        }
    }

    private void tell(PolicyLadder.Step step, Health health, Slot slot, String consequence) {
        Alarm alarm = alarm(step, health, slot, consequence);
        listener.on(alarm);
        if (step != PolicyLadder.Step.WARN) {
            alerts.send(alarm);
        }
    }

    private static Alarm alarm(PolicyLadder.Step step, Health health, Slot slot, String consequence) {
        if (health.cause().isPresent() && consequence.isEmpty()) {
            Cause cause = health.cause().get();
            return new Alarm(step.name(), cause.code(), "STALLED: " + cause.message(), cause.remedy());
        }
        return new Alarm(
                step.name(),
                "WT010",
                "the source keeps %,d MB of WAL for the slot, %,d kB more each second; there is room for %d minutes%s"
                        .formatted(
                                slot.retainedWalBytes() >> 20,
                                health.walBytesPerSecond().orElse(0) >> 10,
                                health.runway().map(Duration::toMinutes).orElse(0L),
                                consequence),
                "see what 'pg2citus status' says; give the source more disk, or ALTER SYSTEM SET max_slot_wal_keep_size;"
                        + " 'pg2citus cleanup --yes' gives the migration up and frees the source");
    }

    /** The last step: the migration is lost so that the source is not. */
    private void release(MigrationState migration) {
        pipes.connect().delete(new Connectors(settings).sourceName());
        sessions.onSource("dropping the slot", source -> {
            Slot.dropWhenFree(source, migration.slot());
            return null;
        });
        throw new MigrationException(
                ExitCode.SLOT_LOST,
                "WT011",
                "replication slot %s was dropped by policy.release_below_minutes, before the source's disk was full"
                        .formatted(migration.slot()),
                "mend the cause, pg2citus cleanup, empty the target's tables, and begin again");
    }

    @Override
    public void close() {
        alerts.close();
    }
}
