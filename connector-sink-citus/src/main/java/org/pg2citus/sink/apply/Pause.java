package org.pg2citus.sink.apply;

import java.time.Duration;
import org.pg2citus.sink.failure.RetryLaterException;

/** Waits in the task's thread. */
final class Pause {

    private Pause() {}

    /** @throws RetryLaterException when the thread is told to stop */
    static void of(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RetryLaterException("interrupted while waiting for the target", e);
        }
    }
}
