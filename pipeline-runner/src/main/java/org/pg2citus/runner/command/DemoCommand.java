package org.pg2citus.runner.command;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.pg2citus.deploy.local.ScratchDirectory;
import org.pg2citus.runner.demo.Demo;
import org.pg2citus.runner.demo.DemoResult;
import org.pg2citus.runner.demo.DemoScale;
import org.pg2citus.runner.demo.DemoSettings;
import org.pg2citus.runner.demo.TargetChoice;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pg2citus demo}. */
@Command(
        name = "demo",
        header = "Show a whole migration on a database of its own, in about a minute.",
        description = {
            "",
            "Starts its own source and target on this machine, fills the source with a database of many companies, lets an"
                    + " application write to it without a pause, and migrates it meanwhile, with what 'migrate' does. Then"
                    + " stops the application, compares every row of both sides, and says what was proven. Nothing is"
                    + " left behind.",
            "",
            "The target is Citus when there is one at hand: a running cluster that PG2CITUS_CITUS_URL names, or a"
                    + " PostgreSQL installation that has the extension (PG2CITUS_PG_BINDIR, pg_config on the path, the"
                    + " usual places). Otherwise it is plain PostgreSQL.",
            ""
        },
        footerHeading = "%nExit codes:%n",
        footer =
                "0 proven, or stopped by you; 4 both sides differ; 7 no Citus where it was asked for; others as migrate.")
final class DemoCommand implements Callable<Integer> {

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

    @Option(
            names = "--target",
            paramLabel = "KIND",
            defaultValue = "auto",
            description = "auto, citus or plain (default: ${DEFAULT-VALUE}).")
    private TargetChoice target;

    @Option(names = "--keep", description = "Leave it running after the report, until Ctrl-C.")
    private boolean keep;

    @Option(
            names = "--companies",
            paramLabel = "N",
            description = "Companies in the source, at least 10 (default: 500).")
    private Integer companies;

    @Option(names = "--clicks", paramLabel = "N", description = "Rows of the largest table (default: 200000).")
    private Integer clicks;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Transactions a second that the application aims at (default: 150).")
    private Integer rate;

    @Option(
            names = "--stream-seconds",
            paramLabel = "N",
            defaultValue = "20",
            description = "How long changes stream after the copy (default: ${DEFAULT-VALUE}).")
    private int streamSeconds;

    @Mixin
    private OutputOptions output;

    @Override
    @SuppressWarnings("try") // the signals are received, not asked for
    public Integer call() {
        DemoSettings settings = new DemoSettings(target, scale(), Duration.ofSeconds(streamSeconds), keep);
        StopSignal stop = new StopSignal();
        try (StopOnSignal onSignal = new StopOnSignal(stop, STOP_TIMEOUT);
                ScratchDirectory scratch = ScratchDirectory.create("demo")) {
            LogFile.placeIn(scratch.path());
            // Kafka's compression unpacks a library there, which stays when this process is killed.
            System.setProperty("java.io.tmpdir", scratch.path().toString());
            try {
                return run(settings, scratch, stop);
            } catch (RuntimeException e) {
                int exitCode = Failures.report(e, output.isJson(), output.isVerbose());
                // The log goes with the folder.
                LogFile.printWarnings(scratch.path(), System.err);
                return exitCode;
            }
        }
    }

    private int run(DemoSettings settings, ScratchDirectory scratch, StopSignal stop) {
        TextReport text = new TextReport(System.out, output.isPlain(), output.isVerbose());
        MigrationListener listener = event -> {};
        Consumer<DemoResult> report = result -> {
            text.end();
            System.out.println(DemoReport.text(result));
        };
        if (output.isJson()) {
            listener = new JsonReport(System.out);
            report = result -> System.out.println(DemoReport.json(result));
        } else if (!output.isQuiet()) {
            listener = text;
        }
        Optional<DemoResult> result = new Demo(settings, scratch.path(), listener, stop).run(report);
        text.end();
        if (!output.isJson() && !output.isQuiet()) {
            System.out.println(
                    result.isEmpty()
                            ? "Stopped before the end: nothing is proven. Nothing is left behind."
                            : "Slot, publication, servers and files are removed.");
        }
        return result.map(DemoResult::proven).orElse(true) ? ExitCode.OK.code() : ExitCode.FINDINGS.code();
    }

    private DemoScale scale() {
        DemoScale standard = DemoScale.STANDARD;
        return new DemoScale(
                companies == null ? standard.companies() : companies,
                clicks == null ? standard.clicks() : clicks,
                standard.writers(),
                rate == null ? standard.transactionsPerSecond() : rate);
    }
}
