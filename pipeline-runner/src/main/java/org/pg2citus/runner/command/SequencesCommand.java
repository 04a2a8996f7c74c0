package org.pg2citus.runner.command;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.sequence.SequenceStep;
import org.pg2citus.runner.sequence.SequenceSync;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.sink.change.TableId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pg2citus sequences}. */
@Command(
        name = "sequences",
        header = "Bring the target's sequences behind the source's.",
        description = {
            "",
            "Changes of sequences do not travel with the data: without this, the target would give ids that exist"
                    + " already. Takes the sequences of the migration's tables (serial, identity) and free-standing ones,"
                    + " and sets each on the coordinator behind the source's last value, with a margin. A sequence that"
                    + " is far enough stays as it is. Repeat it as you like; cutover does it too.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus sequences check -c migration.yaml      what would be done, and what would not work",
            "  pg2citus sequences sync -c migration.yaml       do it",
            "",
            "Exit codes: 0 done, 4 a sequence cannot be made right, 6 source, 7 target."
        })
final class SequencesCommand implements Callable<Integer> {

    private static final String DEFAULT_MARGIN = "1000";

    /** What to do. */
    enum Action {
        check,
        sync
    }

    @Parameters(
            arity = "0..1",
            paramLabel = "check|sync",
            defaultValue = "check",
            description = "check tells only (default); sync sets.")
    private Action action;

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Option(
            names = "--margin",
            paramLabel = "N",
            defaultValue = DEFAULT_MARGIN,
            description = "How many values the target leaves out behind the source's last one (default:"
                    + " ${DEFAULT-VALUE}).")
    private long margin;

    @Override
    public Integer call() {
        MigrationSettings settings = config.read(config.flags());
        try {
            return run(settings);
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }

    private int run(MigrationSettings settings) {
        Server sourceServer = new Server(Side.SOURCE, settings.source(), settings.name());
        Server targetServer = new Server(Side.TARGET, settings.target(), settings.name());
        SequenceSync sync = new SequenceSync(sourceServer, targetServer, margin);
        try (Connection source = sourceServer.connect("sequences");
                Connection target = targetServer.connect("sequences")) {
            List<SequenceStep> steps = sync.plan(source, target, tables(settings, sourceServer, source, target));
            if (action == Action.sync) {
                sync.apply(target, steps);
            }
            if (output.isJson() || !output.isQuiet()) {
                System.out.print(
                        output.isJson()
                                ? SequenceReport.json(steps, action == Action.sync)
                                : SequenceReport.text(steps, action == Action.sync));
            }
            return steps.stream().anyMatch(SequenceStep::isRefused) ? ExitCode.FINDINGS.code() : ExitCode.OK.code();
        } catch (SQLException e) {
            throw targetServer.failure(e, "reconciling sequences");
        }
    }

    /** Those of the migration; before it has begun, those that it would take. */
    private static List<TableId> tables(
            MigrationSettings settings, Server sourceServer, Connection source, Connection target) throws SQLException {
        var known = new MigrationStore(settings.name()).load(target);
        if (known.isPresent()) {
            return known.map(MigrationState::tables).get();
        }
        try {
            return Tables.read(source).keySet().stream()
                    .filter(settings.tables()::includes)
                    .toList();
        } catch (SQLException e) {
            throw sourceServer.failure(e, "reading the catalog");
        }
    }
}
