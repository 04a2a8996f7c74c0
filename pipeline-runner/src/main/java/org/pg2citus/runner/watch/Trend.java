package org.pg2citus.runner.watch;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;

/** How fast a number of bytes grows or shrinks, and when that comes to an end. */
public final class Trend {

    /** The source lets go of whole segments, so that single steps mislead: the rate is that of the last minutes. */
    private static final long WINDOW_MS = 180_000;

    /** With less, nothing can be said yet. */
    private static final long LEAST_MS = 5_000;

    private record Sample(long millis, long bytes) {}

    private final Deque<Sample> samples = new ArrayDeque<>();

    /**
     * Takes one measurement; to be called about once a second.
     *
     * @param nowMillis a clock that never goes back
     */
    public void measure(long nowMillis, long bytes) {
        samples.addLast(new Sample(nowMillis, bytes));
        while (nowMillis - samples.getFirst().millis() > WINDOW_MS) {
            samples.removeFirst();
        }
    }

    /** Bytes a second; negative when it shrinks; empty when too little was seen. */
    public OptionalLong perSecond() {
        if (samples.isEmpty() || samples.getLast().millis() - samples.getFirst().millis() < LEAST_MS) {
            return OptionalLong.empty();
        }
        Sample first = samples.getFirst();
        Sample last = samples.getLast();
        return OptionalLong.of((last.bytes() - first.bytes()) * 1_000 / (last.millis() - first.millis()));
    }

    /**
     * When it has grown by this much.
     *
     * @param bytesLeft empty when that is not known
     * @return empty when it does not grow, or too little is known
     */
    public Optional<Duration> untilGrownBy(OptionalLong bytesLeft) {
        OptionalLong rate = perSecond();
        return bytesLeft.isPresent() && rate.isPresent() && rate.getAsLong() > 0
                ? Optional.of(Duration.ofSeconds(Math.max(0, bytesLeft.getAsLong()) / rate.getAsLong()))
                : Optional.empty();
    }

    /** When it has shrunk to nothing; empty when it does not shrink, or too little is known. */
    public Optional<Duration> untilNothing() {
        OptionalLong rate = perSecond();
        return rate.isPresent() && rate.getAsLong() < 0
                ? Optional.of(Duration.ofSeconds(samples.getLast().bytes() / -rate.getAsLong()))
                : Optional.empty();
    }
}
