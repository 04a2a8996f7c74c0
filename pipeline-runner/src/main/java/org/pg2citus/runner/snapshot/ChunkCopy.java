package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.runner.state.CopiedChunk;
import org.pg2citus.runner.state.CopyStore;
import org.pg2citus.sink.change.Lsn;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/**
 * Copies one chunk: COPY out of the source's snapshot into COPY to the target, in memory, in one target transaction
 * together with the ledger's row.
 *
 * <p>In the text form: the binary form differs between versions and types, and the server's work is the larger part.
 */
final class ChunkCopy {

    private static final int BUFFER_BYTES = 1 << 16;

    private final SnapshotSession source;
    private final Connection target;
    private final CopyStore store;
    private final TargetSession session;
    private final CopyMeter meter;
    private long rows;
    private long bytes;

    ChunkCopy(SnapshotSession source, Connection target, CopyStore store, TargetSession session, CopyMeter meter) {
        this.source = source;
        this.target = target;
        this.store = store;
        this.session = session;
        this.meter = meter;
    }

    /** A side's error, kept apart because the two sides' errors have different remedies. */
    static final class SourceFailure extends Exception {
        SourceFailure(SQLException cause) {
            super(cause);
        }

        SQLException error() {
            return (SQLException) getCause();
        }
    }

    /**
     * Copies and commits. After a failure the sessions are of no use any more; the commit may have happened.
     *
     * @throws SQLException of the target
     */
    void copy(Table table, Chunk chunk, Lsn copyLsn) throws SQLException, SourceFailure {
        Instant started = Instant.now();
        rows = 0;
        bytes = 0;
        boolean done = false;
        target.setAutoCommit(false);
        try {
            session.prepare(target);
            pump(table, chunk);
            store.recordCopied(
                    target,
                    chunk,
                    new CopiedChunk(chunk.number(), copyLsn, rows, bytes, started, Instant.now(), false));
            target.clearWarnings();
            target.commit();
            done = true;
        } finally {
            if (!done) {
                meter.undone(table.id(), rows, bytes);
            }
        }
        target.setAutoCommit(true);
        session.settle(target);
    }

    private void pump(Table table, Chunk chunk) throws SQLException, SourceFailure {
        CopyOut out = startOut(table, chunk);
        CopyIn in = target.unwrap(PGConnection.class).getCopyAPI().copyIn(CopySql.in(table));
        byte[] buffer = new byte[BUFFER_BYTES];
        int filled = 0;
        long bufferedRows = 0;
        for (byte[] row = read(out); row != null; row = read(out)) {
            if (filled + row.length > BUFFER_BYTES) {
                in.writeToCopy(buffer, 0, filled);
                count(table, bufferedRows, filled);
                filled = 0;
                bufferedRows = 0;
            }
            if (row.length > BUFFER_BYTES) {
                in.writeToCopy(row, 0, row.length);
                count(table, 1, row.length);
            } else {
                System.arraycopy(row, 0, buffer, filled, row.length);
                filled += row.length;
                bufferedRows++;
            }
        }
        in.writeToCopy(buffer, 0, filled);
        count(table, bufferedRows, filled);
        long written = in.endCopy();
        if (written != rows) {
            throw new AssertionError("of %d rows of %s the target took %d".formatted(rows, chunk, written));
        }
    }

    private void count(Table table, long moreRows, long moreBytes) {
        rows += moreRows;
        bytes += moreBytes;
        meter.added(table.id(), moreRows, moreBytes);
    }

    private CopyOut startOut(Table table, Chunk chunk) throws SourceFailure {
        try {
            source.expect(chunk.range());
            return source.connection()
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut(CopySql.out(table, chunk.range()));
        } catch (SQLException e) {
            throw new SourceFailure(e);
        }
    }

    /** One row in COPY's text form; {@code null} at the end. */
    private static byte[] read(CopyOut out) throws SourceFailure {
        try {
            return out.readFromCopy();
        } catch (SQLException e) {
            throw new SourceFailure(e);
        }
    }
}
