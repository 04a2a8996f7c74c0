package org.pg2citus.sink;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.connect.errors.ConnectException;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;

/** How long a target that cannot be used is tried again, and with what pauses: doubling, to a limit, within a window. */
final class RetryWindow {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

    /** So that a target that is back is noticed soon. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

    private final Duration window;
    private final Clock clock;
    private Optional<Instant> failingSince = Optional.empty();
    private Duration nextPause = FIRST_PAUSE;

    RetryWindow(Duration window, Clock clock) {
        this.window = window;
        this.clock = clock;
    }

    void succeeded() {
        failingSince = Optional.empty();
        nextPause = FIRST_PAUSE;
    }

    /**
     * Counts a failure.
     *
     * @return how long to wait before the next attempt
     * @throws HaltException when the target has been unusable for the whole window
     */
    Duration failed(RetryLaterException cause) {
        Instant now = clock.instant();
        Instant since = failingSince.orElse(now);
        failingSince = Optional.of(since);
        Duration failing = Duration.between(since, now);
        if (failing.compareTo(window) >= 0) {
            throw new HaltException(
                    "AP090",
                    "the target has been unusable for %d s: %s. Nothing is lost, the topic holds what is not applied. Mend the target and restart the task; retry.timeout.ms sets how long it keeps trying by itself"
                            .formatted(failing.toSeconds(), cause.getMessage()),
                    cause);
        }
        Duration pause = nextPause;
        Duration doubled = pause.multipliedBy(2);
        nextPause = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
        return pause;
    }

    void sleep(Duration pause) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while waiting for the target", e);
        }
    }
}
