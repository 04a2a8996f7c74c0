package org.pg2citus.source.record;

import java.util.Map;
import java.util.Optional;

/**
 * What Connect stores about this source: up to where the topic is complete, and on which server that was.
 *
 * <p>Reading never starts from it, it starts from the slot. It says what may be confirmed to the slot, and whether the
 * slot at the next start is still the one that was read.
 *
 * @param name the connector's {@code topic.prefix}
 * @param heldBack whether the server sends nothing that its standbys do not have yet
 */
public record SourcePosition(String name, String systemIdentifier, int timeline, boolean heldBack) {

    private static final String LSN = "complete_lsn";
    private static final String SYSTEM = "system_identifier";
    private static final String TIMELINE = "timeline";
    private static final String HELD_BACK = "held_back";

    /** One stored position: everything before {@code lsn} is in the topic, and after a crash perhaps more. */
    public record Stored(long lsn, String systemIdentifier, int timeline, boolean heldBack) {}

    /** Under this the position is stored. */
    public Map<String, String> partition() {
        return partition(name);
    }

    public static Map<String, String> partition(String name) {
        return Map.of("source", name);
    }

    Map<String, ?> offset(long lsn) {
        return Map.of(LSN, lsn, SYSTEM, systemIdentifier, TIMELINE, timeline, HELD_BACK, heldBack);
    }

    /** Reads what {@link #offset} wrote; empty when nothing is stored. */
    public static Optional<Stored> stored(Map<String, ?> offset) {
        if (offset == null || offset.get(LSN) == null) {
            return Optional.empty();
        }
        return Optional.of(new Stored(
                ((Number) offset.get(LSN)).longValue(),
                (String) offset.get(SYSTEM),
                ((Number) offset.get(TIMELINE)).intValue(),
                Boolean.TRUE.equals(offset.get(HELD_BACK))));
    }
}
