package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.state.CopiedTable;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/**
 * Copies one table: COPY out of the source's snapshot into COPY to the target, in memory, in one target transaction
 * together with the ledger's row.
 */
final class TableCopy {

    private static final int BUFFER_BYTES = 1 << 16;

    private final Connection source;
    private final Connection target;
    private final MigrationStore store;
    private final TargetSession session;

    /** @param source a session whose open transaction is in the snapshot */
    TableCopy(Connection source, Connection target, MigrationStore store, TargetSession session) {
        this.source = source;
        this.target = target;
        this.store = store;
        this.session = session;
    }

    /** A side's error, kept apart because the two sides' errors have different remedies. */
    static final class SourceFailure extends Exception {
        SourceFailure(SQLException cause) {
            super(cause);
        }
    }

    /** @throws SQLException of the target */
    CopiedTable copy(Table table, Lsn copyLsn, CopyMeter meter) throws SQLException, SourceFailure {
        Instant started = Instant.now();
        meter.started(table.id());
        target.setAutoCommit(false);
        try {
            session.prepare(target);
            Pumped pumped = pump(table, meter);
            CopiedTable copied =
                    new CopiedTable(table.id(), copyLsn, pumped.rows(), pumped.bytes(), started, Instant.now());
            store.recordCopied(target, copied);
            target.clearWarnings();
            target.commit();
            refuseWarnings(table.id());
            meter.finished(table.id());
            return copied;
        } catch (SQLException | SourceFailure | RuntimeException e) {
            rollback(e);
            throw e;
        } finally {
            if (!target.isClosed()) {
                target.setAutoCommit(true);
            }
        }
    }

    private record Pumped(long rows, long bytes) {}

    private Pumped pump(Table table, CopyMeter meter) throws SQLException, SourceFailure {
        CopyOut out = startOut(table);
        long rows = 0;
        long bytes = 0;
        try {
            CopyIn in = target.unwrap(PGConnection.class).getCopyAPI().copyIn(copyInSql(table));
            byte[] buffer = new byte[BUFFER_BYTES];
            int filled = 0;
            long bufferedRows = 0;
            for (byte[] row = read(out); row != null; row = read(out)) {
                if (filled + row.length > BUFFER_BYTES) {
                    in.writeToCopy(buffer, 0, filled);
                    meter.added(table.id(), bufferedRows, filled);
                    filled = 0;
                    bufferedRows = 0;
                }
                if (row.length > BUFFER_BYTES) {
                    in.writeToCopy(row, 0, row.length);
                    meter.added(table.id(), 1, row.length);
                } else {
                    System.arraycopy(row, 0, buffer, filled, row.length);
                    filled += row.length;
                    bufferedRows++;
                }
                rows++;
                bytes += row.length;
            }
            in.writeToCopy(buffer, 0, filled);
            meter.added(table.id(), bufferedRows, filled);
            long written = in.endCopy();
            if (written != rows) {
                throw new AssertionError("of %d rows of %s the target took %d".formatted(rows, table.id(), written));
            }
            return new Pumped(rows, bytes);
        } finally {
            if (out.isActive()) {
                cancel(out);
            }
        }
    }

    private CopyOut startOut(Table table) throws SourceFailure {
        try {
            return source.unwrap(PGConnection.class).getCopyAPI().copyOut(copyOutSql(table));
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

    private static void cancel(CopyOut out) throws SourceFailure {
        try {
            out.cancelCopy();
        } catch (SQLException e) {
            throw new SourceFailure(e);
        }
    }

    /** A partitioned table has rows only in its partitions, which COPY without SELECT does not read. */
    static String copyOutSql(Table table) {
        return table.partitioned()
                ? "COPY (SELECT %s FROM %s) TO STDOUT"
                        .formatted(columns(table), table.id().toSql())
                : "COPY %s (%s) TO STDOUT".formatted(table.id().toSql(), columns(table));
    }

    static String copyInSql(Table table) {
        return "COPY %s (%s) FROM STDIN".formatted(table.id().toSql(), columns(table));
    }

    private static String columns(Table table) {
        List<String> columns = table.copiedColumns();
        return columns.stream().map(TableId::quote).collect(Collectors.joining(", "));
    }

    /**
     * Citus reports a worker that did not commit by a warning only. Its part is prepared and will be committed; but
     * until then a query does not see it.
     */
    private void refuseWarnings(TableId table) throws SQLException {
        SQLWarning warning = target.getWarnings();
        if (warning != null
                && warning.getSQLState() != null
                && warning.getSQLState().startsWith("01000")) {
            try (Statement statement = target.createStatement()) {
                session.awaitRecovery(statement, table);
            }
        }
    }

    private void rollback(Exception cause) {
        try {
            target.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }
}
