package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

/**
 * Which database cluster a slot lives in, as {@code IDENTIFY_SYSTEM} says.
 *
 * @param systemIdentifier stays the same through restarts, standbys and promotions
 * @param timeline changes with each promotion
 */
public record SourceIdentity(String systemIdentifier, int timeline, String database) {
    public SourceIdentity {
        requireNonNull(systemIdentifier, "systemIdentifier is null");
        requireNonNull(database, "database is null");
    }
}
