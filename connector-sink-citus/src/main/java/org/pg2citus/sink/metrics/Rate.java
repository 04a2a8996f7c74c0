package org.pg2citus.sink.metrics;

import java.time.Clock;

/** How many per second, over the last full seconds. Written by one thread, read by any. */
final class Rate {

    /** Long enough to smooth batches, short enough to show a stall at once. */
    static final int WINDOW_SECONDS = 10;

    private final Clock clock;
    private final long startedAtSecond;

    /** The last window and the second that is under way: counts, and the second that each belongs to. */
    private final long[] counts = new long[WINDOW_SECONDS + 1];

    private final long[] seconds = new long[WINDOW_SECONDS + 1];

    Rate(Clock clock) {
        this.clock = clock;
        this.startedAtSecond = clock.instant().getEpochSecond();
    }

    synchronized void add(long count) {
        long now = clock.instant().getEpochSecond();
        int slot = (int) (now % counts.length);
        if (seconds[slot] != now) {
            seconds[slot] = now;
            counts[slot] = 0;
        }
        counts[slot] += count;
    }

    /** The second under way is left out, for it is not over. */
    synchronized double perSecond() {
        long now = clock.instant().getEpochSecond();
        long window = Math.min(WINDOW_SECONDS, now - startedAtSecond);
        if (window <= 0) {
            return 0;
        }
        long sum = 0;
        for (int slot = 0; slot < counts.length; slot++) {
            if (seconds[slot] < now && seconds[slot] >= now - window) {
                sum += counts[slot];
            }
        }
        return (double) sum / window;
    }
}
