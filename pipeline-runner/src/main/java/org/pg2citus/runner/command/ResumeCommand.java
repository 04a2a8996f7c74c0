package org.pg2citus.runner.command;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pg2citus.runner.change.SchemaChangeStore;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.verify.SinkHold;
import org.pg2citus.sink.change.Lsn;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pg2citus resume}. */
@Command(
        name = "resume",
        header = "Let the sink go on after a pause.",
        description = {
            "",
            "Lifts the hold, whoever has set it: also that of a verification that was killed. A verification that runs"
                    + " would then find differences that are none, so do not use it meanwhile.",
            ""
        },
        footerHeading = "%nExit codes:%n",
        footer = "0 it goes on (also when nothing held it), 3 no such migration or a schema change is open, 7 target.")
final class ResumeCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        MigrationSettings settings = config.read(config.flags());
        try {
            KnownMigration.read(settings);
            Server target = new Server(Side.TARGET, settings.target(), settings.name());
            Optional<Lsn> held;
            try (Connection session = target.connect("resume")) {
                new SchemaChangeStore(settings.name()).refuseOpen(session, "the sink, let go,");
                held = SinkHold.current(session, settings.name());
                SinkHold.lift(session, settings.name());
            } catch (SQLException e) {
                throw target.failure(e, "letting the sink go on");
            }
            output.say(
                    "resumed",
                    held.map(lsn -> "the sink goes on from " + lsn).orElse("nothing held the sink"),
                    "heldAt",
                    held.map(Lsn::toString).orElse(null));
            return ExitCode.OK.code();
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }
}
