package org.pg2citus.sink;

import java.time.Duration;
import java.time.Instant;

/**
 * How long a batch that is not full waits for more: until some time after the one before it began. So under load small
 * transactions are joined, and one that comes alone, after a pause, does not wait.
 */
final class BatchAge {

    private final Duration max;
    private Instant next = Instant.MIN;

    BatchAge(Duration max) {
        this.max = max;
    }

    /** A batch was applied that began at this time. */
    void applied(Instant started) {
        next = started.plus(max);
    }

    /** How long the next batch may still wait; zero when it is due. */
    Duration toWait(Instant now) {
        if (!now.isBefore(next)) {
            return Duration.ZERO;
        }
        Duration left = Duration.between(now, next);
        // A clock that was set back must not make it wait for longer.
        return left.compareTo(max) > 0 ? max : left.plusMillis(1);
    }
}
