package org.pg2citus.runner.command;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. */
final class Amounts {

    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB"};

    private Amounts() {}

    /** In powers of 1024, as PostgreSQL's {@code pg_size_pretty} does it: {@code 12.3 MB}. */
    static String bytes(long bytes) {
        double value = (double) bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : "%.1f %s".formatted(value, UNITS[unit]);
    }

    /** {@code 1,234,567}. */
    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** {@code 850 ms}, {@code 12.3 s}, {@code 4 min 05 s}, {@code 3 h 20 min}. */
    static String time(Duration time) {
        long ms = time.toMillis();
        if (ms < 1_000) {
            return ms + " ms";
        }
        if (ms < 60_000) {
            return "%.1f s".formatted(ms / 1e3);
        }
        return ms < 3_600_000
                ? "%d min %02d s".formatted(time.toMinutes(), time.toSecondsPart())
                : "%d h %02d min".formatted(time.toHours(), time.toMinutesPart());
    }

    /** {@code [#####.....]}. */
    static String bar(double fraction, int width) {
        int full = (int) Math.round(Math.max(0, Math.min(1, fraction)) * width);
        return "[" + "#".repeat(full) + ".".repeat(width - full) + "]";
    }
}
