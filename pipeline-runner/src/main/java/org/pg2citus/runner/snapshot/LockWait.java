package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.sink.change.TableId;

/** Waits for a table of the source that somebody has locked against everybody, and says for whom. */
public final class LockWait {

    /** Longer ones would have the application's sessions wait behind ours. */
    static final int LOCK_TIMEOUT_MS = 500;

    private static final Duration PAUSE = Duration.ofMillis(500);

    private static final String BLOCKER =
            """
            SELECT format('pid %s, user %s, application %s: %s', a.pid, a.usename, a.application_name,
                          left(split_part(a.query, E'\\n', 1), 80))
            FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.relation = to_regclass(?) AND l.mode = 'AccessExclusiveLock'
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            ORDER BY l.granted DESC LIMIT 1""";

    private final Server source;
    private final MigrationListener listener;
    private final StopSignal stop;
    private final TableId table;
    private boolean told;

    public LockWait(Server source, MigrationListener listener, StopSignal stop, TableId table) {
        this.source = source;
        this.listener = listener;
        this.stop = stop;
        this.table = table;
    }

    /** True when the lock was refused, not when something failed. */
    static boolean isRefusal(SQLException e) {
        return "55P03".equals(e.getSQLState());
    }

    /**
     * To be called after each refusal.
     *
     * @return false when it was stopped
     */
    public boolean pause() throws SQLException {
        if (!told) {
            told = true;
            listener.on(new Notice("waiting for a lock on table %s of the source, held by %s"
                    .formatted(table, blocker().orElse("somebody who is gone now"))));
        }
        return !stop.await(PAUSE);
    }

    private Optional<String> blocker() throws SQLException {
        try (Connection connection = source.connect("locks");
                PreparedStatement query = connection.prepareStatement(BLOCKER)) {
            query.setString(1, table.toSql());
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }
}
