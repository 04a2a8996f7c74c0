package org.pg2citus.runner.command;

import java.io.PrintStream;
import java.util.concurrent.Callable;
import org.pg2citus.runner.config.ConfigKey;
import org.pg2citus.runner.failure.ExitCode;
import picocli.CommandLine.Command;

/** {@code pg2citus help config}. */
@Command(name = "config", header = "Explain every key of the configuration file, and its environment variable.")
final class HelpConfigCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        print(System.out);
        return ExitCode.OK.code();
    }

    static void print(PrintStream out) {
        out.println("Flags win over environment variables, which win over the file. A file:");
        out.println();
        out.println("  version: 1");
        out.println("  source:");
        out.println("    uri: postgresql://app@old.example:5432/shop?sslmode=require");
        out.println("    password_file: /run/secrets/source");
        out.println("  target:");
        out.println("    uri: postgresql://app@citus.example:5432/shop?sslmode=verify-full");
        out.println("  tables:");
        out.println("    exclude: [\"audit.*\"]");
        out.println();
        for (ConfigKey key : ConfigKey.values()) {
            String byDefault = key.defaultText().isEmpty() ? "" : "  (default: %s)".formatted(key.defaultText());
            out.printf("%s%s%n", key.path(), byDefault);
            if (key != ConfigKey.VERSION) {
                out.printf("    environment: %s%n", key.environmentName());
            }
            out.printf("    %s%n", key.help());
        }
    }
}
