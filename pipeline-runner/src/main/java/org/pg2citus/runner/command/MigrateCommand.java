package org.pg2citus.runner.command;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.pg2citus.runner.config.ConfigKey;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.migrate.Migration;
import org.pg2citus.runner.migrate.Migration.Until;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pg2citus migrate}. */
@Command(
        name = "migrate",
        header = "Move a live database: check, copy, then apply every change until stopped.",
        description = {
            "",
            "Checks both sides first and refuses, with what to do, before anything is created. Then makes a publication"
                    + " and a replication slot on the source, copies the tables out of the slot's snapshot, captures"
                    + " every change since into Kafka, and applies whole source transactions to the target, until it is"
                    + " stopped (Ctrl-C).",
            "",
            "Running it again continues where it was, after a stop as after a crash. The tables must exist on the"
                    + " target, empty, and distributed as you want them; 'pg2citus schema' makes them.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus migrate --source postgresql://app@old:5432/shop --target postgresql://app@citus:5432/shop",
            "  pg2citus migrate -c migration.yaml --exclude-tables 'audit.*' --exclude-tables 'tmp_*'",
            "  PG2CITUS_SOURCE_PASSWORD=... pg2citus migrate -c migration.yaml --until-caught-up",
            "",
            "Passwords: PG2CITUS_SOURCE_PASSWORD and PG2CITUS_TARGET_PASSWORD, files named by source.password_file and"
                    + " target.password_file, or ~/.pgpass.",
            "",
            "Exit codes: 0 done or stopped, 1 usage, 2 configuration, 3 already running or wrong state, 4 findings,",
            "6 source, 7 target, 8 Kafka or Connect, 10 stalled, 11 changes may be missing, 12 internal."
        })
final class MigrateCommand implements Callable<Integer> {

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Mixin
    private TableOptions tables;

    @Option(
            names = {"-j", "--jobs"},
            paramLabel = "N",
            description = "Tables, or parts of large tables, copied at the same time (default: 4).")
    private Integer jobs;

    @Option(
            names = "--defer-indexes",
            description = "Drop the target's indexes that enforce nothing for the copy, and build them after it, in"
                    + " parallel.")
    private boolean deferIndexes;

    @Option(
            names = "--until-caught-up",
            description = "End by itself when everything that the source had committed at the end of the copy (or, of a"
                    + " continued stream, at its start) is in the target.")
    private boolean untilCaughtUp;

    @Override
    @SuppressWarnings("try") // the signals are received, not asked for
    public Integer call() {
        Map<ConfigKey, List<String>> flags = config.flags();
        ConfigOptions.put(flags, ConfigKey.COPY_JOBS, jobs);
        if (deferIndexes) {
            ConfigOptions.put(flags, ConfigKey.COPY_DEFER_INDEXES, true);
        }
        tables.addTo(flags);
        MigrationSettings settings = config.read(flags);
        LogFile.placeIn(settings.dataDir());
        StopSignal stop = new StopSignal();
        try (StopOnSignal onSignal = new StopOnSignal(stop, settings.stopTimeout())) {
            new Migration(settings, output.listener(), stop, untilCaughtUp ? Until.CAUGHT_UP : Until.STOPPED).run();
            return ExitCode.OK.code();
        } catch (RuntimeException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }
}
