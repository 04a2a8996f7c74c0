package org.pg2citus.runner.command;

import java.io.PrintStream;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.event.Lag;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.MigrationEvent.Alarm;
import org.pg2citus.runner.event.MigrationEvent.CaughtUp;
import org.pg2citus.runner.event.MigrationEvent.ChecksDone;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.MigrationEvent.LagMeasured;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.Recovered;
import org.pg2citus.runner.event.MigrationEvent.SlotReady;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationEvent.Stopped;
import org.pg2citus.runner.event.MigrationEvent.TableCopied;
import org.pg2citus.runner.event.MigrationEvent.TaskRestarted;
import org.pg2citus.runner.event.MigrationListener;

/**
 * Tells a migration to a person: a line for what happens, and for what changes all the time lines that are written
 * over, or, where that cannot be, a line every few seconds.
 */
public final class TextReport implements MigrationListener {

    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);
    private static final String ERASE_BELOW = "\033[J";
    // A line that wrapped would be two, and what is written over would be counted wrongly.
    private static final String NO_WRAP = "\033[?7l";
    private static final String WRAP = "\033[?7h";

    private final PrintStream out;
    private final boolean plain;
    private final boolean verbose;
    private int livingLines;
    private long nextPlainNanos = System.nanoTime();

    /**
     * Writes to a stream.
     *
     * @param plain no line that is written over
     * @param verbose tells each table
     */
    public TextReport(PrintStream out, boolean plain, boolean verbose) {
        this.out = out;
        this.plain = plain;
        this.verbose = verbose;
    }

    @Override
    public void on(MigrationEvent event) {
        if (event instanceof StepStarted step) {
            line(step.step());
        } else if (event instanceof Notice notice) {
            line("note: " + notice.text());
        } else if (event instanceof ChecksDone checks) {
            checks.findings().forEach(this::finding);
        } else if (event instanceof SlotReady slot) {
            line("replication slot %s is at %s; changes are captured from there on".formatted(slot.slot(), slot.lsn()));
        } else if (event instanceof CopyProgressed copy) {
            changing(plain ? List.of(CopyTable.line(copy)) : CopyTable.lines(copy));
        } else if (event instanceof TableCopied table) {
            if (verbose) {
                line("copied %s: %s rows, %s in %s"
                        .formatted(
                                table.table(),
                                Amounts.count(table.rows()),
                                Amounts.bytes(table.bytes()),
                                Amounts.time(table.took())));
            }
        } else if (event instanceof LagMeasured measured) {
            changing(List.of(lagLine(measured.lag())));
        } else if (event instanceof CaughtUp caughtUp) {
            line("caught up: everything that the source had committed at %s is in the target"
                    .formatted(caughtUp.lsn()));
        } else if (event instanceof TaskRestarted restarted) {
            line("connector %s failed (%s); starting it again in %s, attempt %d"
                    .formatted(
                            restarted.connector(),
                            restarted.error(),
                            Amounts.time(restarted.after()),
                            restarted.attempt()));
        } else if (event instanceof Alarm alarm) {
            line("%s %s: %s".formatted(alarm.severity(), alarm.code(), alarm.message()));
            out.println("         -> " + alarm.remedy());
        } else if (event instanceof Recovered recovered) {
            line("it goes on, after " + Amounts.time(recovered.stalledFor()));
        } else if (event instanceof Stopped) {
            line("stopped; the same command continues");
        }
    }

    /** Ends a line that would be written over. */
    public void end() {
        if (livingLines > 0) {
            out.println();
            livingLines = 0;
        }
    }

    private void finding(Finding finding) {
        line("%s %s %s: %s".formatted(finding.severity(), finding.code(), finding.object(), finding.message()));
        out.println("         -> " + finding.remedy());
    }

    static String lagLine(Lag lag) {
        return "lag %s%s  %s transactions/s  %s rows/s  applied %s  source keeps %s"
                .formatted(
                        Amounts.bytes(lag.lagBytes()),
                        lag.lagMs()
                                .map(ms -> ", " + Amounts.time(Duration.ofMillis(ms)))
                                .orElse(""),
                        Amounts.count(Math.round(lag.transactionsPerSecond())),
                        Amounts.count(Math.round(lag.rowsPerSecond())),
                        lag.appliedLsn(),
                        Amounts.bytes(lag.retainedWalBytes()));
    }

    private void line(String text) {
        erase();
        out.println(
                LocalTime.now(ZoneId.systemDefault())
                                .truncatedTo(ChronoUnit.SECONDS)
                                .format(DateTimeFormatter.ISO_TIME) + " " + text);
    }

    private void changing(List<String> lines) {
        if (!plain) {
            erase();
            out.print(NO_WRAP + String.join(System.lineSeparator(), lines) + WRAP);
            out.flush();
            livingLines = lines.size();
        } else if (System.nanoTime() - nextPlainNanos >= 0) {
            nextPlainNanos = System.nanoTime() + PLAIN_INTERVAL.toNanos();
            lines.forEach(this::line);
        }
    }

    /** Takes back what is to be written over. */
    private void erase() {
        if (livingLines > 0) {
            out.print("\r" + (livingLines > 1 ? "\033[%dA".formatted(livingLines - 1) : "") + ERASE_BELOW);
            livingLines = 0;
        }
    }
}
