package org.pg2citus.sink.apply;

import java.time.Duration;

/** Pauses between attempts: the first, then twice as long each time, up to the longest. */
record Backoff(Duration first, Duration longest) {

    /** @param failures attempts that failed so far, from 1 */
    Duration after(int failures) {
        Duration pause = first;
        for (int i = 1; i < failures && pause.compareTo(longest) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(longest) < 0 ? pause : longest;
    }
}
