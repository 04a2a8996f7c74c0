package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.cutover.Cutover;
import org.pg2citus.runner.cutover.CutoverOptions;
import org.pg2citus.runner.cutover.CutoverResult;
import org.pg2citus.runner.cutover.CutoverState;
import org.pg2citus.runner.cutover.CutoverStep;
import org.pg2citus.runner.cutover.DifferentException;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.Phase;
import org.pg2citus.sink.change.Lsn;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pg2citus cutover}. */
@Command(
        name = "cutover",
        header = "Hand over to the target: fence writes, drain, verify, set sequences.",
        description = {
            "",
            "rehearse  does everything but stop the writes, and says how long they would be stopped",
            "start     makes the migrated tables of the source read-only for every role, waits until the target has all"
                    + " that was written, compares every row, sets the sequences. Then point the application to the"
                    + " target. Whatever fails opens the source again. A killed one is continued by the same command.",
            "status    says how far it is",
            "abort     opens the source again, also after the cutover is done. What was written to the target by then"
                    + " stays there and does not come back to the source.",
            "",
            "The migration must stream meanwhile ('pg2citus migrate', or the connectors).",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus cutover rehearse -c migration.yaml",
            "  pg2citus cutover start -c migration.yaml",
            "  pg2citus cutover abort -c migration.yaml --yes",
            "",
            "Exit codes: 0 done, 3 wrong state, 4 sides differ or a sequence cannot be set, 6 source (the fence cannot be"
                    + " put up, or was passed), 7 target, 10 the target does not catch up."
        })
final class CutoverCommand implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What to do. */
    enum Action {
        rehearse,
        start,
        status,
        abort
    }

    @Parameters(paramLabel = "rehearse|start|status|abort", description = "What to do.")
    private Action action;

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Option(
            names = "--no-verify",
            description = "Do not compare rows while the source is read-only: for large databases, where 'pg2citus"
                    + " verify' was run shortly before.")
    private boolean noVerify;

    @Option(
            names = "--drain-timeout",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long the target may need to catch up before the source is opened again (default:"
                    + " ${DEFAULT-VALUE}).")
    private int drainTimeoutSeconds;

    @Option(
            names = "--sequence-margin",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Values that the target's sequences leave out (default: ${DEFAULT-VALUE}).")
    private long sequenceMargin;

    @Option(names = "--yes", description = "abort: open the source again without asking.")
    private boolean yes;

    @Override
    @SuppressWarnings("try") // the signals are received, not asked for
    public Integer call() {
        MigrationSettings settings = config.read(config.flags());
        StopSignal stop = new StopSignal();
        // Taking a fence down must not be cut off: a clean end has a minute more than the fence's attempts take.
        try (StopOnSignal onSignal =
                new StopOnSignal(stop, settings.stopTimeout().plusMinutes(2))) {
            return run(settings, stop);
        } catch (DifferentException e) {
            System.out.print(
                    output.isJson()
                            ? VerifyReports.json(e.report(), false) + System.lineSeparator()
                            : VerifyReports.text(e.report(), false));
            return Failures.report(
                    new MigrationException(
                            ExitCode.FINDINGS,
                            "CT008",
                            "source and target differ; the source is open again",
                            "pg2citus verify --show-keys tells which rows; mend them, then cut over again"),
                    output.isJson(),
                    output.isVerbose());
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }

    private int run(MigrationSettings settings, StopSignal stop) {
        MigrationState state = KnownMigration.read(settings);
        if (state.phase() != Phase.STREAMING) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "CT009",
                    "migration %s is %s: it does not stream yet".formatted(state.name(), state.phase()),
                    "run it until it streams");
        }
        if (action == Action.rehearse || action == Action.start) {
            KnownMigration.refuseOpenSchemaChange(settings, "a cutover");
        }
        Cutover cutover = new Cutover(
                settings.name(),
                state.tables(),
                new Server(Side.SOURCE, settings.source(), settings.name()),
                new Server(Side.TARGET, settings.target(), settings.name()),
                output.listener(),
                stop,
                new CutoverOptions(
                        !noVerify,
                        Duration.ofSeconds(drainTimeoutSeconds),
                        sequenceMargin,
                        settings.copy().jobs()));
        switch (action) {
            case rehearse -> tell("rehearsed", cutover.rehearse());
            case start -> tell("cut_over", cutover.start());
            case status -> tell(cutover.status());
            case abort -> {
                requireYes(cutover.status());
                cutover.abort();
                output.say("aborted", "the source is open for writes again", "at", null);
            }
        }
        return ExitCode.OK.code();
    }

    private void requireYes(Optional<CutoverState> state) {
        boolean done = state.filter(known -> known.step() == CutoverStep.DONE).isPresent();
        if (done && !yes) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "CT010",
                    "the cutover is done: the application may have written to the target, and that would not come back to"
                            + " the source",
                    "if it has not, or that may be lost for the source: add --yes");
        }
    }

    private void tell(Optional<CutoverState> state) {
        if (output.isJson()) {
            ObjectNode node = JSON.createObjectNode()
                    .put("event", "cutover")
                    .put("step", state.map(known -> known.step().name()).orElse("NONE"));
            state.flatMap(CutoverState::fenceLsn).ifPresent(lsn -> node.put("fenceLsn", lsn.toString()));
            state.flatMap(CutoverState::fencedAt).ifPresent(time -> node.put("fencedAt", time.toString()));
            state.flatMap(CutoverState::finishedAt).ifPresent(time -> node.put("finishedAt", time.toString()));
            System.out.println(node);
            return;
        }
        System.out.println(state.map(known -> switch (known.step()) {
                    case FENCING ->
                        "being fenced; killed there, the same 'cutover start' goes on, and 'cutover abort' undoes";
                    case FENCED ->
                        "the source is read-only since %s; 'cutover start' goes on, 'cutover abort' opens it"
                                .formatted(known.fencedAt().orElseThrow());
                    case DONE ->
                        "done since %s; the source is read-only, the application belongs on the target"
                                .formatted(known.finishedAt().orElseThrow());
                })
                .orElse("no cutover was begun"));
    }

    private void tell(String event, CutoverResult result) {
        boolean rehearsal = action == Action.rehearse;
        if (output.isJson()) {
            ObjectNode node = JSON.createObjectNode()
                    .put("event", event)
                    .put("lsn", result.lsn().toString())
                    .put("readOnlyMs", result.readOnly().toMillis())
                    .put("verified", result.verified().isPresent());
            result.verified().ifPresent(report -> node.set("verification", VerifyReports.json(report, false)));
            node.set("sequences", SequenceReport.jsonNode(result.sequences(), !rehearsal));
            System.out.println(node);
            return;
        }
        result.verified().ifPresent(report -> System.out.print(VerifyReports.text(report, false)));
        System.out.print(SequenceReport.text(result.sequences(), !rehearsal));
        Lsn lsn = result.lsn();
        System.out.println(
                rehearsal
                        ? "REHEARSED at %s: the source would be read-only for about %s"
                                .formatted(lsn, Amounts.time(result.readOnly()))
                        : "DONE: the target has everything up to %s; the source was read-only for %s until now, and stays so."
                                        .formatted(lsn, Amounts.time(result.readOnly()))
                                + System.lineSeparator()
                                + "Point the application to the target. Then: pg2citus cleanup. Back to the source, as long"
                                + " as nothing was written to the target: pg2citus cutover abort --yes");
    }
}
