package org.pg2citus.runner.command;

import java.util.concurrent.Callable;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.watch.Status;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pg2citus status}. */
@Command(
        name = "status",
        header = "Tell how far a migration is, from what both databases say.",
        description = {
            "",
            "Asks the two servers only; it works from any machine, whether a migration runs at the moment or not.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus status -c migration.yaml",
            "  pg2citus status --source postgresql://app@old/shop --target postgresql://app@citus/shop --output json",
            "",
            "Exit codes: 0 all well, 3 no such migration, 6 source, 7 target, 11 changes may be missing."
        })
final class StatusCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        MigrationSettings settings = config.read(config.flags());
        try {
            Status status = Status.read(settings);
            System.out.println(output.isJson() ? StatusReport.json(status) : StatusReport.text(status));
            return status.slotLost() ? ExitCode.SLOT_LOST.code() : ExitCode.OK.code();
        } catch (MigrationException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }
}
