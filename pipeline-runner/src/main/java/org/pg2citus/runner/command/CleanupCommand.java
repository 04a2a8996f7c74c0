package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.pg2citus.runner.cleanup.Cleanup;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pg2citus cleanup}. */
@Command(
        name = "cleanup",
        header = "Remove what a migration made: slot, publication, topic, connectors, state.",
        description = {
            "",
            "For the end of a migration, or to give it up. The data on both sides stay. Without --yes it only says what it"
                    + " would do. After it the migration cannot be continued: to begin again, the target's tables have"
                    + " to be emptied.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus cleanup -c migration.yaml          what would be removed",
            "  pg2citus cleanup -c migration.yaml --yes    remove it",
            "",
            "Exit codes: 0 done, 3 no such migration, or it still runs, 6 source, 7 target, 8 Kafka or Connect."
        })
final class CleanupCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Option(names = "--yes", description = "Do it.")
    private boolean yes;

    @Override
    public Integer call() {
        MigrationSettings settings = config.read(config.flags());
        try {
            Cleanup.Report report = new Cleanup(settings).run(!yes);
            if (output.isJson()) {
                ObjectNode node = new ObjectMapper()
                        .createObjectNode()
                        .put("event", "cleanup")
                        .put("done", yes);
                report.removed().forEach(node.putArray("removed")::add);
                report.kept().forEach(node.putArray("kept")::add);
                System.out.println(node);
            } else if (!output.isQuiet()) {
                report.removed().forEach(what -> System.out.println((yes ? "removed  " : "would remove  ") + what));
                report.kept().forEach(what -> System.out.println("kept     " + what));
                if (!yes) {
                    System.out.println("nothing was changed; --yes does it");
                }
            }
            return ExitCode.OK.code();
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }
}
