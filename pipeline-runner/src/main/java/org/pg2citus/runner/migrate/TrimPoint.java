package org.pg2citus.runner.migrate;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/**
 * Up to where the topic can be trimmed: what has been durable in the target for a while.
 *
 * <p>Not thread safe.
 */
final class TrimPoint {

    /** More looks than the margin has would not trim better. */
    private static final int MAX_SEEN = 1_000;

    private record Seen(long millis, long nextOffset) {}

    private final long marginMillis;
    private final Deque<Seen> seen = new ArrayDeque<>();
    private long trimmedTo;

    /** @param margin how long an offset must have been durable; also for a target whose progress went back meanwhile */
    TrimPoint(Duration margin) {
        this.marginMillis = margin.toMillis();
    }

    /**
     * Takes a look at the progress.
     *
     * @param nowMillis of a clock that never goes back
     * @param nextOffset where the target says now that reading goes on
     * @return everything before it can go; empty when nothing more can
     */
    OptionalLong next(long nowMillis, long nextOffset) {
        // Progress that went back counts from the beginning: what was seen beyond it is not there any more.
        seen.removeIf(earlier -> earlier.nextOffset() > nextOffset);
        if (seen.size() >= MAX_SEEN) {
            seen.removeFirst();
        }
        seen.add(new Seen(nowMillis, nextOffset));
        long durable = trimmedTo;
        while (nowMillis - seen.element().millis() >= marginMillis && seen.size() > 1) {
            durable = seen.remove().nextOffset();
        }
        if (nowMillis - seen.element().millis() >= marginMillis) {
            durable = seen.element().nextOffset();
        }
        if (durable <= trimmedTo) {
            return OptionalLong.empty();
        }
        trimmedTo = durable;
        return OptionalLong.of(durable);
    }
}
