package org.pg2citus.runner.watch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a running migration is.
 *
 * @param cause why it does not go on; present exactly when it is {@link State#STALLED}
 * @param stalledFor how long nothing was applied
 * @param walBytesPerSecond how fast the WAL that the source keeps for the slot grows
 * @param walBytesLeft until the slot is given up or the disk is full
 * @param runway how long that lasts; empty when it does not grow or is not known
 * @param caughtUpIn when the target will have caught up at the present rate; empty when it does not come nearer
 * @param topicLag records of the topic that are not applied
 * @param oldestTransaction of the source: nothing that it writes can be applied before it ends
 */
public record Health(
        State state,
        Optional<Cause> cause,
        Duration stalledFor,
        OptionalLong walBytesPerSecond,
        OptionalLong walBytesLeft,
        Optional<Duration> runway,
        Optional<Duration> caughtUpIn,
        OptionalLong topicLag,
        Optional<String> oldestTransaction) {

    /** In one word. */
    public enum State {
        /** Changes are applied, or there are none. */
        RUNNING,
        /** The sink is held: paused, or being verified. */
        HELD,
        /** Nothing is applied although there is something. */
        STALLED
    }

    public Health {
        requireNonNull(state, "state is null");
        requireNonNull(cause, "cause is null");
        requireNonNull(stalledFor, "stalledFor is null");
        requireNonNull(walBytesPerSecond, "walBytesPerSecond is null");
        requireNonNull(walBytesLeft, "walBytesLeft is null");
        requireNonNull(runway, "runway is null");
        requireNonNull(caughtUpIn, "caughtUpIn is null");
        requireNonNull(topicLag, "topicLag is null");
        requireNonNull(oldestTransaction, "oldestTransaction is null");
        if (cause.isPresent() != (state == State.STALLED)) {
            throw new IllegalArgumentException("%s with cause %s".formatted(state, cause));
        }
    }
}
