package org.pg2citus.runner.demo;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What the demo is told.
 *
 * @param streamFor how long changes stream after the target has caught up
 * @param keep leaves everything running after the report, until it is stopped
 */
public record DemoSettings(TargetChoice target, DemoScale scale, Duration streamFor, boolean keep) {

    public DemoSettings {
        requireNonNull(target, "target is null");
        requireNonNull(scale, "scale is null");
        requireNonNull(streamFor, "streamFor is null");
    }
}
