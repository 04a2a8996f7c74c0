package org.pg2citus.runner.command;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.pg2citus.runner.config.ConfigKey;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.Phase;
import org.pg2citus.runner.verify.Verification;
import org.pg2citus.runner.verify.VerifyReport;
import org.pg2citus.sink.change.TableId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pg2citus verify}. */
@Command(
        name = "verify",
        header = "Compare every row of both sides, while the application writes.",
        description = {
            "",
            "Takes a snapshot of the source at a known position of its WAL, holds the sink at that position, and"
                    + " compares counts and hashes of all rows; of tables that differ, the rows. Then looks for rows of"
                    + " Citus tables where no query finds them. Capturing goes on meanwhile; the target falls behind for"
                    + " as long as it takes, and catches up after it.",
            "",
            "Needs a migration that streams ('pg2citus migrate' running, or the connectors).",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus verify -c migration.yaml",
            "  pg2citus verify -c migration.yaml --tables 'public.orders*' --show-keys",
            "  pg2citus verify -c migration.yaml --tables 'public.orders*' --repair",
            "",
            "Exit codes: 0 equal, 3 not streaming or held already, 4 different, 6 source, 7 target, 10 the sink does not"
                    + " catch up."
        })
final class VerifyCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Option(
            names = "--tables",
            split = ",",
            paramLabel = "PATTERN",
            description = "Tables of the migration to compare (default: all). May be repeated.")
    private List<String> tables;

    @Option(
            names = {"-j", "--jobs"},
            paramLabel = "N",
            description = "Tables compared at the same time (default: that of the configuration, 4).")
    private Integer jobs;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description = "How long to wait for the sink (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds;

    @Option(
            names = "--show-keys",
            description =
                    "Show the keys of rows that differ. They are values of your data: mind where the output goes.")
    private boolean showKeys;

    @Option(
            names = "--repair",
            description =
                    "Give the target the source's rows where they differ: by the same writer as the stream, while the"
                            + " sink is held. Rows that only the target has are deleted there.")
    private boolean repair;

    @Override
    @SuppressWarnings("try") // the signals are received, not asked for
    public Integer call() {
        Map<ConfigKey, List<String>> flags = config.flags();
        ConfigOptions.put(flags, ConfigKey.COPY_JOBS, jobs);
        if (tables != null) {
            flags.put(ConfigKey.TABLES_INCLUDE, tables);
        }
        MigrationSettings settings = config.read(flags);
        StopSignal stop = new StopSignal();
        try (StopOnSignal onSignal = new StopOnSignal(stop, settings.stopTimeout())) {
            Verification verification = verification(settings, stop);
            List<TableId> compared = tables(settings);
            KnownMigration.refuseOpenSchemaChange(settings, "a verification");
            VerifyReport report = repair ? verification.repair(compared) : verification.run(compared);
            System.out.print(
                    output.isJson()
                            ? VerifyReports.json(report, showKeys) + System.lineSeparator()
                            : VerifyReports.text(report, showKeys));
            return report.equal() ? ExitCode.OK.code() : ExitCode.FINDINGS.code();
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }

    private Verification verification(MigrationSettings settings, StopSignal stop) {
        return new Verification(
                settings.name(),
                new Server(Side.SOURCE, settings.source(), settings.name()),
                new Server(Side.TARGET, settings.target(), settings.name()),
                output.listener(),
                stop,
                settings.copy().jobs(),
                Duration.ofSeconds(timeoutSeconds));
    }

    private List<TableId> tables(MigrationSettings settings) {
        MigrationState state = KnownMigration.read(settings);
        if (state.phase() != Phase.STREAMING) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "VF006",
                    "migration %s is %s: there is nothing to compare yet".formatted(state.name(), state.phase()),
                    "run it until it streams");
        }
        return state.tables().stream().filter(settings.tables()::includes).toList();
    }
}
