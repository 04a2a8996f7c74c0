package org.pg2citus.runner.command;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.watch.Status;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pg2citus status}. */
@Command(
        name = "status",
        header = "Tell how far a migration is, from what both databases say.",
        description = {
            "",
            "Asks the two servers only; it works from any machine, whether a migration runs at the moment or not. How long"
                    + " the source has room for WAL, and why a stall is one, is known while 'pg2citus migrate' runs.",
            ""
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  pg2citus status -c migration.yaml",
            "  pg2citus status --source postgresql://app@old/shop --target postgresql://app@citus/shop --output json",
            "  pg2citus status -c migration.yaml --watch",
            "  pg2citus status -c migration.yaml --web 8710",
            "",
            "Exit codes: 0 all well, 3 no such migration, 6 source, 7 target, 10 stalled, 11 changes may be missing."
        })
final class StatusCommand implements Callable<Integer> {

    private static final String CLEAR_SCREEN = "\033[H\033[2J";

    @Mixin
    private ConfigOptions config;

    @Mixin
    private OutputOptions output;

    @Option(names = "--watch", description = "Tell it again and again, until stopped (Ctrl-C).")
    private boolean watch;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "With --watch and --web: how often (default: ${DEFAULT-VALUE}).")
    private int intervalSeconds;

    @Option(
            names = "--web",
            paramLabel = "[HOST:]PORT",
            converter = WebAddress.class,
            description = "Serve it as a web page, and as JSON under /status.json, until stopped. Without HOST to this"
                    + " machine only: the page asks for no password. Port 0 takes a free one.")
    private InetSocketAddress web;

    @Override
    @SuppressWarnings("try") // the signals are received, not asked for
    public Integer call() {
        MigrationSettings settings = config.read(config.flags());
        StopSignal stop = new StopSignal();
        try (StopOnSignal onSignal = new StopOnSignal(stop, settings.stopTimeout())) {
            if (web != null) {
                return serve(settings, stop);
            }
            Status status = tell(settings);
            while (watch && !stop.await(Duration.ofSeconds(Math.max(1, intervalSeconds)))) {
                if (!output.isJson()) {
                    System.out.print(output.isPlain() ? System.lineSeparator() : CLEAR_SCREEN);
                }
                status = tell(settings);
            }
            return exitCode(status).code();
        } catch (MigrationException e) {
            return Failures.report(e, output.isJson(), output.isVerbose());
        }
    }

    private int serve(MigrationSettings settings, StopSignal stop) {
        try (StatusPage page = StatusPage.start(
                web,
                () -> StatusReport.json(Status.read(settings), Instant.now()),
                Duration.ofSeconds(Math.max(1, intervalSeconds)))) {
            System.out.println("status at " + page.url() + " until stopped");
            while (!stop.await(Duration.ofHours(1))) {
                // Only the signal ends it.
            }
            return ExitCode.OK.code();
        } catch (IOException e) {
            throw new MigrationException(
                    ExitCode.USAGE,
                    "US001",
                    "cannot listen on %s: %s".formatted(web, e.getMessage()),
                    "give another address with --web, or end what uses it",
                    e);
        }
    }

    private Status tell(MigrationSettings settings) {
        Status status = Status.read(settings);
        Instant now = Instant.now();
        System.out.println(output.isJson() ? StatusReport.json(status, now) : StatusReport.text(status, now));
        return status;
    }

    private static ExitCode exitCode(Status status) {
        return switch (status.summary()) {
            case LOST -> ExitCode.SLOT_LOST;
            case STALLED -> ExitCode.STALLED;
            case CUT_OVER, HELD, STOPPED, RUNNING -> ExitCode.OK;
        };
    }
}
