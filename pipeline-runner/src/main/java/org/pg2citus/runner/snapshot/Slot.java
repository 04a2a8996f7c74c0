package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;

/**
 * A replication slot as the source shows it.
 *
 * @param active somebody reads it now
 * @param confirmedLsn the source may have forgotten everything before it
 * @param retainedWalBytes WAL that the source keeps for it
 * @param walStatus {@code reserved}, {@code extended}, {@code unreserved} or {@code lost}
 */
public record Slot(
        String name, boolean active, Lsn confirmedLsn, long retainedWalBytes, String walStatus, Optional<Integer> pid) {

    private static final String READ =
            """
            SELECT active, coalesce(confirmed_flush_lsn, '0/0'),
                   CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
                     - coalesce(restart_lsn, confirmed_flush_lsn),
                   coalesce(wal_status, 'lost'), active_pid
            FROM pg_replication_slots WHERE slot_name = ?""";

    public static Optional<Slot> read(Connection source, String name) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(READ)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new Slot(
                                name,
                                row.getBoolean(1),
                                Lsn.parse(row.getString(2)),
                                row.getLong(3),
                                row.getString(4),
                                Optional.ofNullable((Integer) row.getObject(5))))
                        : Optional.empty();
            }
        }
    }

    /** The source has removed WAL that the slot needed: there is a gap that nothing closes. */
    public boolean isLost() {
        return walStatus.equals("lost");
    }

    public static void dropIfExists(Connection source, String name) throws SQLException {
        try (PreparedStatement statement = source.prepareStatement(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, name);
            statement.executeQuery().close();
        }
    }

    /** Drops it as soon as its reader, which was told to stop, is gone; a reader that stays is ended. */
    public static void dropWhenFree(Connection source, String name) throws SQLException {
        try (PreparedStatement end = source.prepareStatement(
                "SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE slot_name = ? AND active")) {
            end.setString(1, name);
            end.executeQuery().close();
        }
        dropIfExists(source, name);
    }
}
