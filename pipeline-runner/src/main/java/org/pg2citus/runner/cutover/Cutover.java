package org.pg2citus.runner.cutover;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.sequence.SequenceStep;
import org.pg2citus.runner.sequence.SequenceSync;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.runner.verify.SinkHold;
import org.pg2citus.runner.verify.Verification;
import org.pg2citus.runner.verify.VerifyReport;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * Hands the work from the source to the target: the source's tables refuse writes, what was written before reaches the
 * target, both sides are compared, sequences are set. Whatever fails on the way opens the source again, and nothing has
 * happened. A second run of the same command goes on where a killed one stopped.
 *
 * <p>Needs only SQL on both sides, and a sink that runs somewhere.
 */
public final class Cutover {

    private static final Duration TICK = Duration.ofMillis(50);

    private final String migration;
    private final List<TableId> tables;
    private final Server source;
    private final Server target;
    private final MigrationListener listener;
    private final StopSignal stop;
    private final CutoverOptions options;
    private final MigrationStore store;
    private final CutoverStore cutovers;
    private final WriteFence fence;
    private final Verification verification;
    private final SequenceSync sequences;

    /** @param tables the migration's tables */
    public Cutover(
            String migration,
            List<TableId> tables,
            Server source,
            Server target,
            MigrationListener listener,
            StopSignal stop,
            CutoverOptions options) {
        this.migration = migration;
        this.tables = List.copyOf(tables);
        this.source = source;
        this.target = target;
        this.listener = listener;
        this.stop = stop;
        this.options = options;
        this.store = new MigrationStore(migration);
        this.cutovers = new CutoverStore(migration);
        this.fence = new WriteFence(source, migration);
        this.verification =
                new Verification(migration, source, target, listener, stop, options.jobs(), options.drainTimeout());
        this.sequences = new SequenceSync(source, target, options.sequenceMargin());
    }

    /** How far it is; empty when none was begun, or it was aborted. */
    public Optional<CutoverState> status() {
        try (Connection onTarget = target.connect("cutover")) {
            return cutovers.load(onTarget);
        } catch (SQLException e) {
            throw target.failure(e, "reading the cutover's state");
        }
    }

    /**
     * Does everything but stop the writes: tries the fence's locks, measures how long the target needs to catch up,
     * verifies with the sink held, and looks at the sequences.
     */
    public CutoverResult rehearse() {
        try (Connection onSource = source.connect("cutover rehearsal");
                Connection onTarget = target.connect("cutover rehearsal")) {
            refuseBadSequences(sequences.plan(onSource, onTarget, tables));
            listener.on(new StepStarted("trying the locks of the write fence"));
            Duration locks = fence.tryLocks(onSource, tables, this::notice, stop);
            listener.on(new StepStarted("measuring how long the target needs to catch up"));
            long startedNanos = System.nanoTime();
            Lsn now = SinkHold.written(onSource);
            drain(onSource, onTarget, now);
            Duration drained = since(startedNanos);
            Optional<VerifyReport> verified =
                    options.verify() ? Optional.of(verification.run(tables)) : Optional.empty();
            Duration compared = verified.map(report -> report.tables().stream()
                            .map(result -> result.took())
                            .reduce(Duration.ZERO, Duration::plus)
                            .dividedBy(Math.max(1, Math.min(options.jobs(), tables.size()))))
                    .orElse(Duration.ZERO);
            List<SequenceStep> steps = sequences.plan(onSource, onTarget, tables);
            return new CutoverResult(now, locks.plus(drained).plus(compared), verified, steps);
        } catch (SQLException e) {
            throw target.failure(e, "rehearsing the cutover");
        }
    }

    /**
     * Cuts over, or goes on with a cutover that was begun.
     *
     * @throws MigrationException when it cannot; the source is then open again, unless the message says otherwise
     */
    public CutoverResult start() {
        try (Connection onSource = source.connect("cutover");
                Connection onTarget = target.connect("cutover")) {
            CutoverState state = cutovers.load(onTarget).orElse(CutoverState.fencing());
            if (state.step() == CutoverStep.DONE) {
                throw new MigrationException(
                        ExitCode.STATE,
                        "CT001",
                        "migration %s is cut over since %s"
                                .formatted(migration, state.finishedAt().orElseThrow()),
                        "nothing is left to do but: pg2citus cleanup; or back to the source: pg2citus cutover abort");
            }
            if (state.step() == CutoverStep.FENCING) {
                checkBeforeFence(onSource, onTarget);
                state = fenceOff(onSource, onTarget);
            }
            return finish(onSource, onTarget, state);
        } catch (SQLException e) {
            throw target.failure(e, "cutting over");
        }
    }

    /** Opens the source again and forgets the cutover. Writes to the target since are not carried back. */
    public void abort() {
        try (Connection onSource = source.connect("cutover abort");
                Connection onTarget = target.connect("cutover abort")) {
            open(onSource, onTarget);
        } catch (SQLException e) {
            throw target.failure(e, "aborting the cutover");
        }
    }

    /** Nothing that can be known before may fail inside the time in which the source refuses writes. */
    private void checkBeforeFence(Connection onSource, Connection onTarget) throws SQLException {
        refuseBadSequences(sequences.plan(onSource, onTarget, tables));
        if (SinkHold.current(onTarget, migration).isPresent()) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "CT002",
                    "the sink is held: it would not catch up",
                    "wait for the verification that holds it; after a pause: pg2citus resume");
        }
        long lagBytes =
                SinkHold.written(onSource).bytesSince(store.progress(onTarget).lsn());
        listener.on(new StepStarted("waiting until the target is close behind (%,d bytes)".formatted(lagBytes)));
        // With this, the wait inside the fence is for what is written from now on.
        drain(onSource, onTarget, SinkHold.written(onSource));
    }

    private CutoverState fenceOff(Connection onSource, Connection onTarget) throws SQLException {
        cutovers.save(onTarget, CutoverState.fencing());
        listener.on(new StepStarted("fencing: %d table%s of the source become read-only for everybody"
                .formatted(tables.size(), tables.size() == 1 ? "" : "s")));
        Instant since = Instant.now();
        try {
            fence.putUp(onSource, tables, this::notice, stop);
            CutoverState fenced = CutoverState.fencing().fencedAt(SinkHold.written(onSource), since);
            cutovers.save(onTarget, fenced);
            return fenced;
        } catch (SQLException | RuntimeException e) {
            openAfter(e, onSource, onTarget);
            throw e;
        }
    }

    private CutoverResult finish(Connection onSource, Connection onTarget, CutoverState state) throws SQLException {
        Lsn fenceLsn = state.fenceLsn().orElseThrow();
        Instant since = state.fencedAt().orElseThrow();
        try {
            requireFenced(onSource);
            listener.on(new StepStarted("draining: what was written before %s reaches the target".formatted(fenceLsn)));
            drain(onSource, onTarget, fenceLsn);
            Optional<VerifyReport> verified = verify(fenceLsn);
            listener.on(new StepStarted("setting sequences"));
            List<SequenceStep> steps = sequences.plan(onSource, onTarget, tables);
            refuseBadSequences(steps);
            sequences.apply(onTarget, steps);
            requireFenced(onSource);
            refuseLaterWrites(onTarget, fenceLsn);
            CutoverState done = state.doneAt(Instant.now());
            cutovers.save(onTarget, done);
            return new CutoverResult(
                    fenceLsn, Duration.between(since, done.finishedAt().orElseThrow()), verified, steps);
        } catch (SQLException | RuntimeException e) {
            openAfter(e, onSource, onTarget);
            throw e;
        }
    }

    private Optional<VerifyReport> verify(Lsn fenceLsn) {
        if (!options.verify()) {
            return Optional.empty();
        }
        listener.on(new StepStarted("verifying: every row of both sides"));
        VerifyReport report = verification.runWithoutHold(tables, fenceLsn);
        if (!report.equal()) {
            throw new DifferentException(report);
        }
        return Optional.of(report);
    }

    /** Waits until everything that committed before {@code lsn} is in the target. */
    private void drain(Connection onSource, Connection onTarget, Lsn lsn) throws SQLException {
        long startedNanos = System.nanoTime();
        SinkHold.nudge(onSource);
        for (int tick = 1; ; tick++) {
            AppliedProgress applied = store.progress(onTarget);
            if (applied.lsn().compareTo(lsn) >= 0) {
                return;
            }
            boolean stopped = stop.await(TICK);
            if (stopped || since(startedNanos).compareTo(options.drainTimeout()) > 0) {
                throw new MigrationException(
                        stopped ? ExitCode.STATE : ExitCode.STALLED,
                        "CT004",
                        "%s before the target had everything: it is at %s, %,d bytes before %s"
                                .formatted(
                                        stopped
                                                ? "stopped"
                                                : "%d s passed"
                                                        .formatted(options.drainTimeout()
                                                                .toSeconds()),
                                        applied.lsn(),
                                        lsn.bytesSince(applied.lsn()),
                                        lsn),
                        "see that 'pg2citus migrate' runs and what 'pg2citus status' says; run the command again when the"
                                + " lag is small, or with a longer --drain-timeout");
            }
            if (tick % 20 == 0) {
                SinkHold.nudge(onSource);
            }
        }
    }

    private void requireFenced(Connection onSource) {
        List<TableId> open = fence.open(onSource, tables);
        if (!open.isEmpty()) {
            throw new MigrationException(
                    ExitCode.SOURCE,
                    "CT005",
                    "tables of the source can be written although they were fenced: " + open,
                    "somebody removed the trigger pg2citus_fence, or attached a partition; find out who, then run the"
                            + " command again");
        }
    }

    /** The stream carries only writes to the tables: anything that committed behind the fence went around it. */
    private void refuseLaterWrites(Connection onTarget, Lsn fenceLsn) throws SQLException {
        try (PreparedStatement query =
                onTarget.prepareStatement("SELECT applied_lsn FROM pg2citus.progress WHERE pipeline = ?")) {
            query.setString(1, migration);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                Lsn applied = Lsn.parse(row.getString(1));
                if (applied.compareTo(fenceLsn) > 0) {
                    throw new MigrationException(
                            ExitCode.SOURCE,
                            "CT006",
                            "the source's tables were written behind the fence: a transaction that ended at %s came after %s"
                                    .formatted(applied, fenceLsn),
                            "find out who disables triggers or replaced the tables; nothing is lost, it is in the target"
                                    + " too; then run the command again");
                }
            }
        }
    }

    private void refuseBadSequences(List<SequenceStep> steps) {
        List<String> refused = steps.stream()
                .filter(SequenceStep::isRefused)
                .map(step -> step.findings().get(0).code() + " " + step.source())
                .toList();
        if (!refused.isEmpty()) {
            throw new MigrationException(
                    ExitCode.FINDINGS,
                    "CT007",
                    "sequences cannot be set on the target: " + String.join(", ", refused),
                    "pg2citus sequences check says why and what to do");
        }
    }

    /** Opens the source because of a failure, which stays the one that is told. */
    private void openAfter(Exception cause, Connection onSource, Connection onTarget) {
        notice("the cutover is given up; the source is opened again");
        try {
            open(onSource, onTarget);
        } catch (SQLException | RuntimeException e) {
            cause.addSuppressed(e);
            notice("THE SOURCE IS STILL READ-ONLY (%s): run pg2citus cutover abort".formatted(e.getMessage()));
        }
    }

    private void open(Connection onSource, Connection onTarget) throws SQLException {
        // Not stopped by the signal that may have led here.
        fence.takeDown(onSource, tables, this::notice, new StopSignal());
        cutovers.delete(onTarget);
    }

    private void notice(String text) {
        listener.on(new Notice(text));
    }

    private static Duration since(long startedNanos) {
        return Duration.ofNanos(System.nanoTime() - startedNanos);
    }
}
