package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * A table whose copy is committed in the target.
 *
 * @param copyLsn the copy holds everything committed before it and nothing after
 */
public record CopiedTable(TableId table, Lsn copyLsn, long rows, long bytes, Instant startedAt, Instant finishedAt) {
    public CopiedTable {
        requireNonNull(table, "table is null");
        requireNonNull(copyLsn, "copyLsn is null");
    }
}
