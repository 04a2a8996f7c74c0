package org.pg2citus.runner.command;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.TableProgress;

/** Writes down how far a copy is: one line for all, and a table of what is under way. */
final class CopyTable {

    /** A terminal has some 24 lines. */
    private static final int MAX_TABLES = 12;

    private static final int MAX_NAME = 40;

    private CopyTable() {}

    static String line(CopyProgressed copy) {
        long copied = copy.tables().stream()
                .filter(table -> table.state() == TableProgress.State.COPIED)
                .count();
        long rows = copy.tables().stream().mapToLong(TableProgress::rows).sum();
        long bytes = copy.tables().stream().mapToLong(TableProgress::bytes).sum();
        long expected = copy.tables().stream()
                .mapToLong(table -> Math.max(table.rows(), table.estimatedRows()))
                .sum();
        double fraction =
                copied == copy.tables().size() ? 1 : expected == 0 ? 0 : Math.min(0.99, (double) rows / expected);
        return "copy %s %3.0f %%  %d/%d tables  %s rows  %s  %s rows/s  %s/s%s"
                .formatted(
                        Amounts.bar(fraction, 20),
                        100 * fraction,
                        copied,
                        copy.tables().size(),
                        Amounts.count(rows),
                        Amounts.bytes(bytes),
                        Amounts.count(Math.round(copy.rowsPerSecond())),
                        Amounts.bytes(Math.round(copy.bytesPerSecond())),
                        copy.timeLeft()
                                .map(left -> "  about " + Amounts.time(left) + " left")
                                .orElse(""));
    }

    /** The line for all, and below it one for each table under way, the largest first. */
    static List<String> lines(CopyProgressed copy) {
        List<TableProgress> underWay = copy.tables().stream()
                .filter(table -> table.state() == TableProgress.State.COPYING)
                .sorted(Comparator.comparingLong(TableProgress::estimatedRows).reversed())
                .toList();
        List<String> lines = new ArrayList<>();
        lines.add(line(copy));
        if (underWay.isEmpty()) {
            return lines;
        }
        int width = underWay.stream()
                .limit(MAX_TABLES)
                .mapToInt(table -> name(table).length())
                .max()
                .orElse(0);
        String form = "  %-" + Math.max(5, width) + "s %15s %10s %6s %12s %12s %14s";
        lines.add(form.formatted("table", "rows", "bytes", "done", "rows/s", "bytes/s", "left"));
        for (TableProgress table : underWay.subList(0, Math.min(MAX_TABLES, underWay.size()))) {
            lines.add(form.formatted(
                    name(table),
                    Amounts.count(table.rows()),
                    Amounts.bytes(table.bytes()),
                    percent(table),
                    Amounts.count(Math.round(table.rowsPerSecond())),
                    Amounts.bytes(Math.round(table.bytesPerSecond())),
                    table.timeLeft().map(Amounts::time).orElse("")));
        }
        if (underWay.size() > MAX_TABLES) {
            lines.add("  and %d more".formatted(underWay.size() - MAX_TABLES));
        }
        return lines;
    }

    /** {@code 42 %}; empty when nobody knows how much there is. */
    static String percent(TableProgress table) {
        return table.estimatedRows() <= 0 && table.state() != TableProgress.State.COPIED
                ? ""
                : "%.0f %%".formatted(100 * table.fraction());
    }

    private static String name(TableProgress table) {
        String name = table.table().toString();
        return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME - 3) + "...";
    }
}
