package org.pg2citus.source.slot;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.replication.LogSequenceNumber;

/**
 * Which server this is.
 *
 * @param timeline rises with each promotion of a standby
 * @param timelineEnds earlier timelines of this server, and where each was left
 */
record ServerIdentity(
        String systemIdentifier, int timeline, String database, Map<Integer, LogSequenceNumber> timelineEnds) {

    private static final Pattern HISTORY_LINE =
            Pattern.compile("^\\s*(\\d+)\\s+([0-9A-F]+/[0-9A-F]+)", Pattern.MULTILINE);

    ServerIdentity {
        timelineEnds = Map.copyOf(timelineEnds);
    }

    /** Reads a timeline history file: a line for each earlier timeline, with the position at which it was left. */
    static Map<Integer, LogSequenceNumber> timelineEnds(String historyFile) {
        Map<Integer, LogSequenceNumber> ends = new HashMap<>();
        Matcher line = HISTORY_LINE.matcher(historyFile);
        while (line.find()) {
            ends.put(Integer.valueOf(line.group(1)), LogSequenceNumber.valueOf(line.group(2)));
        }
        return ends;
    }
}
