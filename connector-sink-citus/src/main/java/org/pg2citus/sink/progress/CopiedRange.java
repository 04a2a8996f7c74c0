package org.pg2citus.sink.progress;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.pg2citus.sink.change.Lsn;

/**
 * The rows of a table whose key is in a range, as a copy read them.
 *
 * @param from the lowest key of the range; empty where there is none
 * @param to the lowest key beyond the range; empty where there is none
 * @param copyLsn the copy holds everything committed before it and nothing after
 */
public record CopiedRange(Optional<String> from, Optional<String> to, Lsn copyLsn) {
    public CopiedRange {
        requireNonNull(from, "from is null");
        requireNonNull(to, "to is null");
        requireNonNull(copyLsn, "copyLsn is null");
    }
}
