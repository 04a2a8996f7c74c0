package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.change.ChangeReport.Outcome;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.cutover.CutoverStore;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.runner.state.Phase;
import org.pg2citus.runner.verify.SinkHold;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * Carries a schema change through while changes stream: the sink is held, the source is changed, the sink applies exactly
 * what was committed before, the target is changed, the sink goes on. Each step is recorded before the next, so that a
 * second run goes on where a killed one stopped. Capturing goes on all the time, from the same slot.
 *
 * <p>Needs only SQL on both sides, and a sink that runs somewhere.
 */
public final class Changeover {

    private static final Duration TICK = Duration.ofMillis(200);
    private static final Duration UNDECIDED = Duration.ofSeconds(30);
    private static final Duration STALE = Duration.ofSeconds(10);

    private final MigrationSettings settings;
    private final Server sourceServer;
    private final Server targetServer;
    private final MigrationListener listener;
    private final StopSignal stop;
    private final Duration timeout;
    private final SinkTrouble trouble;
    private final MigrationStore migrations;
    private final SchemaChangeStore changes;

    /**
     * Prepares one command.
     *
     * @param timeout how long the sink may need for each of its parts
     */
    public Changeover(
            MigrationSettings settings,
            MigrationListener listener,
            StopSignal stop,
            Duration timeout,
            SinkTrouble trouble) {
        this.settings = settings;
        this.sourceServer = new Server(Side.SOURCE, settings.source(), settings.name());
        this.targetServer = new Server(Side.TARGET, settings.target(), settings.name());
        this.listener = listener;
        this.stop = stop;
        this.timeout = timeout;
        this.trouble = trouble;
        this.migrations = new MigrationStore(settings.name());
        this.changes = new SchemaChangeStore(settings.name());
    }

    /**
     * What to run.
     *
     * @param source the text of {@code --sql}; empty when both sides are changed by hand
     * @param target the text of {@code --target-sql}
     */
    public record Files(Optional<String> source, Optional<String> target) {
        public Files {
            source = source.map(String::strip);
            target = target.map(String::strip);
        }
    }

    /** The two sessions of a command. */
    private record Sides(Connection source, Connection target, MigrationState state, boolean citus) {}

    private interface Work {
        ChangeReport run(Sides sides) throws SQLException;
    }

    private ChangeReport inSessions(String doing, Work work) {
        try (Connection source = sourceServer.connect("schema change");
                Connection target = targetServer.connect("schema change")) {
            MigrationState state = migrations.require(target, settings.target());
            if (state.phase() != Phase.STREAMING) {
                throw new MigrationException(
                        ExitCode.STATE,
                        "SC005",
                        "migration %s is %s: it does not stream yet".formatted(state.name(), state.phase()),
                        "run it until it streams; or pg2citus cleanup, change the schema, and begin the migration again");
            }
            refuseSecondCommand(target);
            return work.run(
                    new Sides(source, target, state, CitusTables.read(target).isCitus()));
        } catch (SQLException e) {
            throw targetServer.failure(e, doing);
        }
    }

    private void refuseSecondCommand(Connection target) throws SQLException {
        try (PreparedStatement lock = target.prepareStatement(
                "SELECT pg_try_advisory_lock(hashtextextended('pg2citus schema change ' || ?, 0))")) {
            lock.setString(1, settings.name());
            try (ResultSet row = lock.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    throw new MigrationException(
                            ExitCode.STATE,
                            "SC001",
                            "another schema-change command of migration %s is running".formatted(settings.name()),
                            "wait until it ends; pg2citus status tells how far it is");
                }
            }
        }
    }

    /** Says what would be run on each side, and changes nothing. */
    public ChangeReport plan(Files files) {
        return inSessions(
                "planning the schema change",
                sides -> report(Outcome.PLANNED, Optional.empty(), planned(sides, files)));
    }

    /**
     * Holds the sink. With files it also tries what the target is to run.
     *
     * @throws MigrationException when it cannot; the sink then is as it was
     */
    public ChangeReport begin(Files files) {
        return inSessions("beginning the schema change", sides -> {
            Optional<ScriptPlan> plan =
                    files.source().isPresent() ? Optional.of(planned(sides, files)) : Optional.empty();
            SchemaChange change = open(sides, files, plan);
            return plan.map(known -> report(Outcome.HELD, Optional.of(change.heldAt()), known))
                    .orElseGet(() -> new ChangeReport(
                            Outcome.HELD, Optional.of(change.heldAt()), List.of(), List.of(), List.of()));
        });
    }

    private static ChangeReport report(Outcome outcome, Optional<Lsn> lsn, ScriptPlan plan) {
        return new ChangeReport(
                outcome,
                lsn,
                plan.script().statements().stream().map(ChangeStatement::sql).toList(),
                plan.target(),
                plan.notes());
    }

    private ScriptPlan planned(Sides sides, Files files) throws SQLException {
        Map<TableId, String> columns = CitusTables.read(sides.target()).distributionColumns();
        List<String> path = TableNames.schemas(sides.target(), SourceChange.searchPath(sides.source()));
        return ScriptPlan.of(
                files.source().orElseThrow(),
                files.target(),
                new CitusRewrite(sides.citus(), name -> TableNames.find(name, path, columns)));
    }

    /** Records the change and holds the sink; an open one that has not begun to change anything is begun anew. */
    private SchemaChange open(Sides sides, Files files, Optional<ScriptPlan> plan) throws SQLException {
        Optional<SchemaChange> known = changes.load(sides.target());
        if (known.isPresent() && known.get().step() != ChangeStep.HELD) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "SC006",
                    "a schema change is open since %s and is further already (%s)"
                            .formatted(known.get().since(), known.get().step()),
                    known.get().next());
        }
        if (known.isEmpty()) {
            refuseOthers(sides);
        }
        plan.ifPresent(this::announce);
        Optional<ChangeScript> script = plan.map(made -> new ChangeScript(
                files.source().orElseThrow(), made.target(), files.target().isPresent()));
        SchemaChange change = known.isPresent()
                ? SchemaChange.held(known.get().since(), known.get().heldAt(), script)
                : SchemaChange.held(Instant.now(), SinkHold.written(sides.source()), script);
        changes.create(sides.target());
        if (known.isEmpty()) {
            changes.save(sides.target(), change);
        }
        try {
            hold(sides, change);
            if (plan.isPresent()) {
                rehearse(sides, plan.get().target());
            }
            if (known.isPresent()) {
                changes.save(sides.target(), change);
            }
            return change;
        } catch (SQLException | RuntimeException e) {
            if (known.isEmpty()) {
                release(sides);
            }
            throw e;
        }
    }

    private void refuseOthers(Sides sides) throws SQLException {
        Optional<Lsn> held = SinkHold.current(sides.target(), settings.name());
        if (held.isPresent()) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "SC003",
                    "the sink is held at %s: paused, being verified, or by the policy".formatted(held.get()),
                    "wait for the verification; after a pause, or a verification that was killed: pg2citus resume");
        }
        Optional<String> stopped = trouble.now(sides.target());
        // What is known may be some seconds old.
        if (stopped.isPresent() && !await(sides, STALE, false)) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "SC008",
                    "the sink stands still already: " + stopped.get(),
                    "mend that first; where it stands at a change of the schema, pg2citus schema-change finish says what"
                            + " the target needs");
        }
        if (new CutoverStore(settings.name()).load(sides.target()).isPresent()) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "SC004",
                    "a cutover is under way or done",
                    "pg2citus cutover status tells; pg2citus cutover abort undoes it");
        }
    }

    private void announce(ScriptPlan plan) {
        plan.notes().forEach(this::notice);
        plan.target().forEach(sql -> notice("for the target: " + ChangeStatement.shortened(sql)));
    }

    private void hold(Sides sides, SchemaChange change) throws SQLException {
        if (SinkHold.current(sides.target(), settings.name()).isEmpty()) {
            step("holding the sink at %s".formatted(change.heldAt()));
            holdOf(sides).place(change.heldAt(), sides.source(), timeout);
        }
    }

    /** Not closed: the hold outlives the command. */
    private SinkHold holdOf(Sides sides) {
        return new SinkHold(settings.name(), targetServer, sides.target(), stop);
    }

    private void rehearse(Sides sides, List<String> target) throws SQLException {
        step("trying the change on the target, and taking it back");
        targetChange(sides).rehearse(sides.target(), target);
    }

    private TargetChange targetChange(Sides sides) throws SQLException {
        return new TargetChange(
                targetServer, sides.citus(), SourceChange.searchPath(sides.source()), this::notice, stop);
    }

    private void release(Sides sides) throws SQLException {
        SinkHold.lift(sides.target(), settings.name());
        changes.delete(sides.target());
    }

    /**
     * Changes what is not changed yet, and lets the sink go on. With a file and no open change, begins one first.
     *
     * @throws MigrationException when it cannot go on; what is done is recorded, and the same command continues
     */
    public ChangeReport finish(Files files) {
        return inSessions("finishing the schema change", sides -> {
            Optional<SchemaChange> open = changes.load(sides.target());
            if (files.source().isPresent()
                    && (open.isEmpty()
                            || (open.get().step() == ChangeStep.HELD
                                    && open.get().script().isEmpty()))) {
                SchemaChange begun = open(sides, files, Optional.of(planned(sides, files)));
                return open.isPresent() ? carry(sides, begun) : carryOrGiveUp(sides, begun);
            }
            if (open.isEmpty() || open.get().script().isEmpty()) {
                refuseUnusedFile(open, files);
                return byHand(sides, open);
            }
            refuseOtherFile(open.get(), files);
            SchemaChange change = open.get();
            if (files.target().isPresent()) {
                change = change.withScript(new ChangeScript(
                        change.script().orElseThrow().source(),
                        planned(sides, withSource(change, files)).target(),
                        true));
                changes.save(sides.target(), change);
            }
            return carry(sides, change);
        });
    }

    /** What is changed by hand is compared, and no file would be run. */
    private static void refuseUnusedFile(Optional<SchemaChange> open, Files files) {
        if (files.source().isPresent() || files.target().isPresent()) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "SC006",
                    open.isPresent()
                            ? "a schema change by hand is open since %s (%s): no file would be run"
                                    .formatted(open.get().since(), open.get().step())
                            : "no schema change with --sql is open: --target-sql alone would not be run",
                    open.isPresent()
                            ? "pg2citus schema-change finish, without a file, first"
                            : "give --sql too; or, after a change by hand, no file");
        }
    }

    /** What this command began, it takes back when it fails before anything is changed. */
    private ChangeReport carryOrGiveUp(Sides sides, SchemaChange begun) throws SQLException {
        try {
            return carry(sides, begun);
        } catch (SQLException | RuntimeException e) {
            try {
                if (changes.load(sides.target())
                        .filter(change -> change.step() == ChangeStep.HELD)
                        .isPresent()) {
                    release(sides);
                }
            } catch (SQLException second) {
                e.addSuppressed(second);
            }
            throw e;
        }
    }

    private static Files withSource(SchemaChange change, Files files) {
        return new Files(change.script().map(ChangeScript::source), files.target());
    }

    private static void refuseOtherFile(SchemaChange open, Files files) {
        String begun = open.script().orElseThrow().source();
        if (files.source().filter(text -> !text.equals(begun)).isPresent()) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "SC007",
                    "the schema change that is open since %s has another file".formatted(open.since()),
                    "finish it first, without --sql; or, if the source is not changed yet: pg2citus schema-change abort");
        }
    }

    private ChangeReport carry(Sides sides, SchemaChange begun) throws SQLException {
        SchemaChange change = begun;
        while (change.step() != ChangeStep.TARGET_CHANGED) {
            change = switch (change.step()) {
                case HELD -> changeSource(sides, change);
                case SOURCE_CHANGING -> decided(sides, change);
                case SOURCE_CHANGED -> changeTarget(sides, change);
                case PASSING, TARGET_CHANGED -> throw new AssertionError("a script does not pass " + begun.step());
            };
        }
        Lsn lsn = change.commit().orElseThrow().lsn();
        letGo(sides);
        return report(
                Outcome.DONE, Optional.of(lsn), ScriptPlan.of(change.script().orElseThrow()));
    }

    private SchemaChange changeSource(Sides sides, SchemaChange held) throws SQLException {
        hold(sides, held);
        // Once more: the target may have changed since, and what is tried may be another file.
        rehearse(sides, held.script().orElseThrow().target());
        step("changing the source, in one transaction");
        ScriptPlan plan = ScriptPlan.of(held.script().orElseThrow());
        SchemaChange[] changing = {held};
        try {
            new SourceChange(sourceServer, sides.state(), settings.tables(), this::notice, stop)
                    .run(sides.source(), plan, commit -> {
                        changing[0] = held.changingSource(commit);
                        save(sides, changing[0]);
                    });
        } catch (SQLException e) {
            throw atCommit(sides, changing[0], e);
        }
        step("the source is changed");
        return recorded(sides, changing[0].sourceChanged());
    }

    /** The source may have refused the commit, and said so; else whether it was committed the next run asks. */
    private MigrationException atCommit(Sides sides, SchemaChange changing, SQLException e) {
        MigrationException failure = sourceServer.failure(e, "committing the change");
        try {
            if (changing.commit().isPresent()
                    && !sides.source().isClosed()
                    && SourceChange.isCommitted(
                                    sides.source(), changing.commit().get().xid())
                            .filter(committed -> !committed)
                            .isPresent()) {
                save(sides, changing.heldAgain());
                return new MigrationException(
                        ExitCode.SOURCE,
                        "SC014",
                        "the source refuses the commit (SQLSTATE %s): %s"
                                .formatted(e.getSQLState(), SourceChange.firstLine(e)),
                        "correct the file, and run the command again; nothing was changed on either side",
                        e);
            }
        } catch (SQLException | MigrationException second) {
            failure.addSuppressed(second);
        }
        return failure;
    }

    private SchemaChange recorded(Sides sides, SchemaChange change) {
        save(sides, change);
        return change;
    }

    private void save(Sides sides, SchemaChange change) {
        try {
            changes.save(sides.target(), change);
        } catch (SQLException e) {
            throw targetServer.failure(e, "recording how far the schema change is");
        }
    }

    /** A run ended around the source's commit: the source knows how it went. */
    private SchemaChange decided(Sides sides, SchemaChange changing) throws SQLException {
        String xid = changing.commit().orElseThrow().xid();
        step("asking the source for the outcome of transaction " + xid);
        long deadline = System.nanoTime() + UNDECIDED.toNanos();
        Optional<Boolean> committed = SourceChange.isCommitted(sides.source(), xid);
        while (committed.isEmpty() && System.nanoTime() - deadline < 0 && !stop.await(TICK)) {
            committed = SourceChange.isCommitted(sides.source(), xid);
        }
        if (committed.isEmpty()) {
            throw new MigrationException(
                    ExitCode.SOURCE,
                    "SC023",
                    "transaction %s of an earlier run is still open on the source".formatted(xid),
                    "end its session (application pg2citus %s: schema change in pg_stat_activity), then run this again"
                            .formatted(settings.name()));
        }
        return recorded(sides, committed.get() ? changing.sourceChanged() : changing.heldAgain());
    }

    private SchemaChange changeTarget(Sides sides, SchemaChange changed) throws SQLException {
        SchemaChange.SourceCommit commit = changed.commit().orElseThrow();
        if (SinkHold.current(sides.target(), settings.name()).isEmpty()) {
            notice("somebody let the sink go on before the target was changed; run pg2citus verify when this is done");
        }
        step("waiting until the target has everything before %s".formatted(commit.lsn()));
        holdOf(sides).moveTo(commit.lsn(), sides.source(), timeout);
        step("changing the target, in one transaction");
        SchemaChange done = changed.targetChanged();
        targetChange(sides).run(sides.target(), changed.script().orElseThrow().target(), inTransaction -> {
            requireFitting(sides, commit, inTransaction);
            new TableLedger(settings.name()).follow(inTransaction, sides.state(), commit.tables(), commit.lsn());
            changes.save(inTransaction, done);
        });
        step("the target is changed");
        return done;
    }

    /** The target's own file may be wrong, and what was made of the source's may not be enough. */
    private void requireFitting(Sides sides, SchemaChange.SourceCommit commit, Connection inTransaction)
            throws SQLException {
        List<Difference> differences = Difference.between(
                commit.tables().applyTo(sides.state().tables()),
                Tables.read(sides.source()),
                Tables.read(inTransaction),
                commit.tables().goneColumns().entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, entry -> Set.copyOf(entry.getValue()))));
        if (!differences.isEmpty()) {
            throw new MigrationException(
                    ExitCode.FINDINGS,
                    "SC018",
                    "with these statements the target would not fit the source: %s"
                            .formatted(
                                    differences.stream().map(Difference::text).collect(Collectors.joining("; "))),
                    "the source is changed, the target is as it was, and the sink is held: run pg2citus schema-change"
                            + " finish --target-sql with a corrected file");
        }
    }

    /** Forgets the change last: run again before that, the command still knows that it is done. */
    private void letGo(Sides sides) throws SQLException {
        step("letting the sink go on");
        SinkHold.lift(sides.target(), settings.name());
        requireGoingOn(sides);
        changes.delete(sides.target());
    }

    private void requireGoingOn(Sides sides) throws SQLException {
        step("waiting until the sink is behind the change");
        if (!await(sides, timeout, false)) {
            Optional<String> why = trouble.now(sides.target());
            throw new MigrationException(
                    ExitCode.STALLED,
                    "SC024",
                    "both sides are changed and the sink is free, but it has not gone on within %d s%s"
                            .formatted(
                                    timeout.toSeconds(),
                                    why.map(text -> ": " + text).orElse("")),
                    "see that 'pg2citus migrate' (or the sink connector) runs, and what 'pg2citus status' says");
        }
    }

    /**
     * Waits until the sink has applied what the source has committed by now.
     *
     * @param untilTrouble ends the wait when the sink is known to have stopped
     */
    private boolean await(Sides sides, Duration within, boolean untilTrouble) throws SQLException {
        Lsn now = SinkHold.written(sides.source());
        long deadline = System.nanoTime() + within.toNanos();
        while (SinkHold.reached(sides.target(), settings.name()).compareTo(now) < 0) {
            SinkHold.nudge(sides.source());
            if (stop.await(TICK)
                    || System.nanoTime() - deadline >= 0
                    || (untilTrouble && trouble.now(sides.target()).isPresent())) {
                return false;
            }
        }
        return true;
    }

    private ChangeReport byHand(Sides sides, Optional<SchemaChange> open) throws SQLException {
        migrations.create(sides.target());
        step("comparing the tables of both sides");
        ByHand found = ByHand.read(sides.source(), sides.target(), sides.state(), settings.tables());
        List<String> notes = new ArrayList<>(found.notes());
        if (!found.differences().isEmpty()) {
            if (found.needsPassing()) {
                pass(sides, open, notes);
            }
            return new ChangeReport(
                    Outcome.DIFFERENT,
                    SinkHold.current(sides.target(), settings.name()),
                    List.of(),
                    found.differences().stream().map(Difference::targetSql).toList(),
                    notes(found.differences(), notes));
        }
        if (open.isEmpty()) {
            Optional<Lsn> held = SinkHold.current(sides.target(), settings.name());
            if (held.isPresent()) {
                throw new MigrationException(
                        ExitCode.STATE,
                        "SC003",
                        "the tables of both sides fit, and no schema change is open; but the sink is held at "
                                + held.get(),
                        "pg2citus resume lets it go on after a pause");
            }
        }
        forgetDropped(sides, found.dropped(), notes);
        if (open.isPresent()) {
            letGo(sides);
        } else {
            requireGoingOn(sides);
        }
        return new ChangeReport(
                Outcome.DONE,
                Optional.of(SinkHold.reached(sides.target(), settings.name())),
                List.of(),
                List.of(),
                notes);
    }

    private static List<String> notes(List<Difference> differences, List<String> more) {
        List<String> notes = new ArrayList<>();
        differences.forEach(difference -> notes.add(difference.text()));
        notes.addAll(more);
        return notes;
    }

    /**
     * Rows from before the source's change need the target as it is. The sink applies them, and stops at the first row
     * that the target does not fit, or goes on as long as there is none.
     */
    private void pass(Sides sides, Optional<SchemaChange> open, List<String> notes) throws SQLException {
        step("letting the sink go up to the source's change");
        if (open.isPresent() && open.get().step() == ChangeStep.HELD) {
            save(sides, open.get().passing());
        }
        if (open.isPresent()) {
            SinkHold.lift(sides.target(), settings.name());
        }
        if (await(sides, timeout, true)) {
            notes.add("the sink has applied everything from before the change");
            return;
        }
        notes.add(trouble.now(sides.target())
                .map(text -> "the sink stands at the change: " + text)
                .orElse(
                        "the sink has not come to the change yet, or does not run: see pg2citus status before you change"
                                + " the target"));
    }

    private void forgetDropped(Sides sides, List<TableId> dropped, List<String> notes) throws SQLException {
        if (dropped.isEmpty()) {
            return;
        }
        TableChanges change = new TableChanges(List.of(), Map.of(), dropped, Map.of());
        sides.target().setAutoCommit(false);
        try {
            new TableLedger(settings.name()).follow(sides.target(), sides.state(), change, Lsn.ZERO);
            sides.target().commit();
        } finally {
            sides.target().rollback();
            sides.target().setAutoCommit(true);
        }
        dropped.forEach(
                table -> notes.add("%s is no more on the source, and no more part of the migration".formatted(table)));
    }

    /**
     * Gives an open change up, and lets the sink go on.
     *
     * @throws MigrationException SC010 when the source is changed already
     */
    public ChangeReport abort() {
        return inSessions("aborting the schema change", sides -> {
            Optional<SchemaChange> open = changes.load(sides.target());
            if (open.isEmpty()) {
                return new ChangeReport(
                        Outcome.ABORTED, Optional.empty(), List.of(), List.of(), List.of("no schema change was open"));
            }
            SchemaChange change =
                    open.get().step() == ChangeStep.SOURCE_CHANGING ? decided(sides, open.get()) : open.get();
            if (!change.step().canAbort()) {
                throw new MigrationException(
                        ExitCode.STATE,
                        "SC010",
                        "the source is changed already, and its new rows need the new target (%s)"
                                .formatted(change.step()),
                        "pg2citus schema-change finish goes on. To go back, finish, and then change both sides back with"
                                + " another schema-change");
            }
            step("letting the sink go on");
            release(sides);
            return new ChangeReport(Outcome.ABORTED, Optional.of(change.heldAt()), List.of(), List.of(), List.of());
        });
    }

    private void step(String text) {
        listener.on(new StepStarted(text));
    }

    private void notice(String text) {
        listener.on(new Notice(text));
    }
}
