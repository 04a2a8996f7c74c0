package org.pg2citus.runner.config;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * What is done when a running migration does not go on, or the source runs out of room for the WAL that it keeps.
 *
 * @param stalledAfter no progress for this long, while there is something to apply, is a stall
 * @param captureWhenHalted the sink's failure does not end the run: changes are captured on, so that the source keeps no
 *     WAL, and the sink is tried again
 * @param warnBelow a runway that is shorter is told
 * @param alertBelow a runway that is shorter is told to the webhook and the command, as each stall is
 * @param pauseBelow with a runway that is shorter the sink is held, so that capturing has the machine for itself; empty
 *     for never
 * @param releaseBelow with a runway that is shorter the slot is dropped: the migration is lost, the source lives; empty
 *     for never
 * @param webhook is sent each alert as JSON
 * @param command is started for each alert, with the JSON in its environment
 * @param dryRun only says what it would do, instead of pausing and releasing
 */
public record WatchPolicy(
        Duration stalledAfter,
        boolean captureWhenHalted,
        Duration warnBelow,
        Duration alertBelow,
        Optional<Duration> pauseBelow,
        Optional<Duration> releaseBelow,
        Optional<URI> webhook,
        Optional<String> command,
        boolean dryRun) {

    /** What holds when nothing is configured: told, and nothing more. */
    public static final WatchPolicy DEFAULT = new WatchPolicy(
            Duration.ofSeconds(60),
            true,
            Duration.ofHours(4),
            Duration.ofHours(1),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false);

    public WatchPolicy {
        requireNonNull(stalledAfter, "stalledAfter is null");
        requireNonNull(warnBelow, "warnBelow is null");
        requireNonNull(alertBelow, "alertBelow is null");
        requireNonNull(pauseBelow, "pauseBelow is null");
        requireNonNull(releaseBelow, "releaseBelow is null");
        requireNonNull(webhook, "webhook is null");
        requireNonNull(command, "command is null");
    }
}
