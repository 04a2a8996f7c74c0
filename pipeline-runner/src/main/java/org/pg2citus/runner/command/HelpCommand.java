package org.pg2citus.runner.command;

import java.util.concurrent.Callable;
import org.pg2citus.runner.failure.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pg2citus help [COMMAND]}. */
@Command(
        name = "help",
        header = "Explain a command, or with 'help config' the configuration.",
        subcommands = HelpConfigCommand.class)
final class HelpCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "COMMAND", description = "The command to explain.")
    private String command;

    @Override
    public Integer call() {
        CommandLine root = spec.parent().commandLine();
        CommandLine subject = command == null ? root : root.getSubcommands().get(command);
        if (subject == null) {
            root.getErr().printf("There is no command '%s'; see: pg2citus help%n", command);
            return ExitCode.USAGE.code();
        }
        subject.usage(System.out);
        return ExitCode.OK.code();
    }
}
