package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.pg2citus.sink.change.Lsn;

/**
 * A part of a table whose copy is committed in the target.
 *
 * @param number as in {@link Chunk}
 * @param copyLsn the copy holds everything committed before it and nothing after
 * @param discarded the sink found that the parts cannot be joined: the table has to be copied anew
 */
public record CopiedChunk(
        int number, Lsn copyLsn, long rows, long bytes, Instant startedAt, Instant finishedAt, boolean discarded) {
    public CopiedChunk {
        requireNonNull(copyLsn, "copyLsn is null");
    }
}
