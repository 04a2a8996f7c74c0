package org.pg2citus.runner.command;

import java.sql.Connection;
import java.sql.SQLException;
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

/** {@code pg2citus pause}. */
@Command(
        name = "pause",
        header = "Have the sink stop behind what the source has committed by now.",
        description = {
            "",
            "Everything that the source has committed by now will be applied, nothing after it. Changes are captured all"
                    + " the time: the source keeps no WAL for the pause, the topic grows. 'pg2citus resume' goes on.",
            ""
        },
        footerHeading = "%nExit codes:%n",
        footer = "0 paused, 3 no such migration or paused already, 6 source, 7 target.")
final class PauseCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        MigrationSettings settings = config.read(config.flags());
        try {
            KnownMigration.read(settings);
            Server source = new Server(Side.SOURCE, settings.source(), settings.name());
            Lsn lsn;
            try (Connection session = source.connect("pause")) {
                lsn = SinkHold.written(session);
            } catch (SQLException e) {
                throw source.failure(e, "reading the WAL position");
            }
            Server target = new Server(Side.TARGET, settings.target(), settings.name());
            try (Connection session = target.connect("pause")) {
                new SchemaChangeStore(settings.name()).refuseOpen(session, "a pause");
                SinkHold.set(session, settings.name(), lsn);
            } catch (SQLException e) {
                throw target.failure(e, "pausing the sink");
            }
            output.say(
                    "paused",
                    "the sink stops at %s; pg2citus resume lets it go on".formatted(lsn),
                    "lsn",
                    lsn.toString());
            return ExitCode.OK.code();
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }
}
