package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pg2citus.runner.change.ChangeReport;
import org.pg2citus.runner.change.Changeover;
import org.pg2citus.runner.change.SinkTrouble;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.watch.Health;
import org.pg2citus.runner.watch.HealthStore;
import org.pg2citus.sink.change.Lsn;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pg2citus schema-change}. */
@Command(
        name = "schema-change",
        header = "Change the schema of both sides while changes stream, without a new copy.",
        description = {
            "",
            "begin     holds the sink at what the source has committed by now, and with --sql tries the change on the"
                    + " target and takes it back. Neither side is changed.",
            "finish    with --sql, or after a begin with it: changes the source in one transaction, has the target apply"
                    + " exactly what was committed before, changes the target in one transaction, lets the sink go on."
                    + " With --sql it needs no begin.",
            "          Without a file: compares both sides, and says what the target still needs (exit code 4); when they"
                    + " fit, lets the sink go on. It mends a change that was made without any begin, too.",
            "abort     lets the sink go on; possible as long as the source is not changed.",
            "",
            "By hand: begin; change the source, in one transaction; finish, which says what the target needs and, where that matters, brings"
                    + " the sink to the change first; change the target; finish. A column's default must be the same on"
                    + " both sides, and not depend on the moment; run verify afterwards. Conversions of types are exact"
                    + " only with --sql.",
            "",
            "The file is run in one transaction on each side; names without a schema mean what they mean to the source's"
                    + " role in psql. On Citus keys get the distribution column, and actions of one ALTER TABLE are run one"
                    + " by one; REPLICA IDENTITY and publications are the source's alone. INSERT, UPDATE, DELETE come last,"
                    + " run on the source, and reach the target by the stream. SET ends with the transaction; DO, SELECT and"
                    + " CALL are refused. A new table that the migration's patterns"
                    + " include becomes part of it, before its first row. Where the target's statements cannot be made"
                    + " of the source's (new tables on Citus), give them with --target-sql.",
            "",
            "While the source is changed, its writers wait as for any ALTER TABLE; until the locks are there, for at most"
                    + " 0.8 s at a time. The migration must stream meanwhile ('pg2citus migrate', or the connectors).",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus schema-change finish -c migration.yaml --sql add_column.sql",
            "  pg2citus schema-change finish -c migration.yaml --sql new_table.sql --target-sql new_table_citus.sql",
            "  pg2citus schema-change begin -c migration.yaml --sql add_column.sql --dry-run",
            "",
            "Exit codes: 0 done, 1 the file cannot be read, 3 wrong state, 4 the target does not fit yet or the file cannot"
                    + " be carried through, 6 source, 7 target, 10 the sink does not come along. Run the same command again"
                    + " to go on."
        })
final class SchemaChangeCommand implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** A schema is text; more is a mistake, for example a dump with its rows. */
    private static final long LONGEST_FILE_BYTES = 4L << 20;

    /** What to do. */
    enum Action {
        begin,
        finish,
        abort
    }

    @Parameters(paramLabel = "begin|finish|abort", description = "What to do.")
    private Action action;

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Option(
            names = "--sql",
            paramLabel = "FILE",
            description = "The statements for the source; those for the target are made of them.")
    private Path sql;

    @Option(
            names = "--target-sql",
            paramLabel = "FILE",
            description = "The statements for the target, where they have to be others than the source's.")
    private Path targetSql;

    @Option(names = "--dry-run", description = "With --sql: say what would be run on each side, and do nothing.")
    private boolean dryRun;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description = "How long to wait for the sink, each time (default: ${DEFAULT-VALUE}).")
    private int timeoutSeconds;

    @Override
    @SuppressWarnings("try") // the signals are received, not asked for
    public Integer call() {
        MigrationSettings settings = config.read(config.flags());
        StopSignal stop = new StopSignal();
        try (StopOnSignal onSignal = new StopOnSignal(stop, settings.stopTimeout())) {
            KnownMigration.read(settings);
            Changeover changeover = new Changeover(
                    settings, output.listener(), stop, Duration.ofSeconds(timeoutSeconds), trouble(settings));
            ChangeReport report = run(changeover, files());
            tell(report);
            return report.outcome() == ChangeReport.Outcome.DIFFERENT ? ExitCode.FINDINGS.code() : ExitCode.OK.code();
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }

    private ChangeReport run(Changeover changeover, Changeover.Files files) {
        if (dryRun) {
            if (files.source().isEmpty() || action == Action.abort) {
                throw usage("--dry-run says what a file comes to", "give the file with --sql, to begin or finish");
            }
            return changeover.plan(files);
        }
        return switch (action) {
            case begin -> {
                if (files.target().isPresent() && files.source().isEmpty()) {
                    throw usage("--target-sql is the target's part of a file", "give the source's part with --sql");
                }
                yield changeover.begin(files);
            }
            case finish -> changeover.finish(files);
            case abort -> changeover.abort();
        };
    }

    private static SinkTrouble trouble(MigrationSettings settings) {
        HealthStore health = new HealthStore(settings.name());
        return target -> health.recent(target)
                .filter(known -> known.state() == Health.State.STALLED)
                .flatMap(Health::cause)
                .map(cause -> "%s: %s".formatted(cause.code(), cause.message()));
    }

    private Changeover.Files files() {
        return new Changeover.Files(
                Optional.ofNullable(sql).map(SchemaChangeCommand::read),
                Optional.ofNullable(targetSql).map(SchemaChangeCommand::read));
    }

    private static String read(Path file) {
        try {
            if (Files.size(file) > LONGEST_FILE_BYTES) {
                throw usage(
                        "%s is larger than %d MB".formatted(file, LONGEST_FILE_BYTES >> 20), "give statements only");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw usage("file %s cannot be read: %s".formatted(file, e), "check its name and that it is UTF-8");
        }
    }

    private static MigrationException usage(String message, String remedy) {
        return new MigrationException(ExitCode.USAGE, "SC011", message, remedy);
    }

    private void tell(ChangeReport report) {
        if (output.isJson()) {
            ObjectNode node = JSON.createObjectNode()
                    .put("event", "schema_change")
                    .put("outcome", report.outcome().name())
                    .put("lsn", report.lsn().map(Lsn::toString).orElse(null));
            report.source().forEach(node.putArray("source")::add);
            report.target().forEach(node.putArray("target")::add);
            report.notes().forEach(node.putArray("notes")::add);
            System.out.println(node);
            return;
        }
        if (output.isQuiet()) {
            return;
        }
        if (report.outcome() == ChangeReport.Outcome.PLANNED) {
            report.source().forEach(statement -> System.out.println("source:  " + statement + ";"));
            report.target().forEach(statement -> System.out.println("target:  " + statement + ";"));
        }
        report.notes().forEach(note -> System.out.println("note:    " + note));
        if (report.outcome() == ChangeReport.Outcome.DIFFERENT) {
            report.target().forEach(statement -> System.out.println("target:  " + statement));
        }
        System.out.println(summary(report));
    }

    private static String summary(ChangeReport report) {
        String lsn = report.lsn().map(Lsn::toString).orElse("");
        return switch (report.outcome()) {
            case PLANNED -> "PLANNED: nothing was changed";
            case HELD ->
                "HELD at %s. %s"
                        .formatted(
                                lsn,
                                report.source().isEmpty()
                                        ? "Change the source, then: pg2citus schema-change finish"
                                        : "pg2citus schema-change finish changes both sides");
            case DONE -> "DONE: both sides fit, and the sink goes on (%s)".formatted(lsn);
            case DIFFERENT -> "DIFFERENT: change the target as above, then run this again";
            case ABORTED -> "ABORTED: the sink goes on";
        };
    }
}
