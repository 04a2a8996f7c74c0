package org.pg2citus.runner.command;

import java.util.concurrent.Callable;
import org.pg2citus.runner.failure.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pg2citus}: the commands it has, and how errors of any of them end. */
@Command(
        name = "pg2citus",
        header = "Move a live PostgreSQL database into a Citus cluster with near-zero downtime.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            SchemaCommand.class,
            CheckCommand.class,
            MigrateCommand.class,
            VerifyCommand.class,
            CutoverCommand.class,
            CleanupCommand.class,
            SequencesCommand.class,
            StatusCommand.class,
            PauseCommand.class,
            ResumeCommand.class,
            SchemaChangeCommand.class,
            HelpCommand.class
        },
        footerHeading = "%nBegin with:%n",
        footer = {
            "  pg2citus demo                                the whole migration on a database of its own",
            "  pg2citus help migrate                        how to move yours",
            "  pg2citus help config                         the configuration file"
        })
public final class RootCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show this help.")
    @SuppressWarnings("unused") // picocli reads it
    private boolean help;

    /** The command line with all commands; the caller may add more. */
    public static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new RootCommand());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setUsageHelpWidth(100);
        commandLine.setExecutionExceptionHandler((e, failed, parsed) -> {
            if (e instanceof RuntimeException failure) {
                return Failures.report(failure, parsed.expandedArgs().contains("--output=json"), false);
            }
            throw e;
        });
        commandLine.setExitCodeExceptionMapper(e -> ExitCode.USAGE.code());
        commandLine.setParameterExceptionHandler((e, args) -> {
            e.getCommandLine().getErr().println(e.getMessage());
            CommandLine.UnmatchedArgumentException.printSuggestions(
                    e, e.getCommandLine().getErr());
            e.getCommandLine()
                    .getErr()
                    .printf(
                            "See: %s --help%n",
                            e.getCommandLine().getCommandSpec().qualifiedName());
            return ExitCode.USAGE.code();
        });
        return commandLine;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(System.err);
        return ExitCode.USAGE.code();
    }
}
