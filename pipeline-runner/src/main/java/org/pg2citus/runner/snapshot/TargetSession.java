package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.pg2citus.sink.change.TableId;

/**
 * How the target's transactions copy.
 *
 * @param citus the target has the extension
 * @param replicaRole foreign keys and triggers can be switched off, so that tables may come in any order
 */
record TargetSession(boolean citus, boolean replicaRole) {

    private static final int RECOVERY_ATTEMPTS = 120;
    private static final int RECOVERY_PAUSE_MS = 1_000;

    /** To be called at the beginning of each transaction. */
    void prepare(Connection target) throws SQLException {
        try (Statement statement = target.createStatement()) {
            if (citus) {
                // One connection per worker instead of one per shard: tables are copied in parallel anyway.
                statement.execute("SET LOCAL citus.multi_shard_modify_mode = 'sequential'");
                // Without it the replica role would stay on the coordinator, while the shards check foreign keys.
                statement.execute("SET LOCAL citus.propagate_set_commands = 'local'");
            }
            if (replicaRole) {
                statement.execute("SET LOCAL session_replication_role = replica");
            }
        }
    }

    /** Waits until Citus has committed what a worker could not commit at once; at most two minutes. */
    void awaitRecovery(Statement statement, TableId table) throws SQLException {
        for (int attempt = 0; attempt < RECOVERY_ATTEMPTS; attempt++) {
            try (ResultSet row = statement.executeQuery(
                    """
                    SELECT coalesce(sum(CASE WHEN success THEN result::bigint ELSE 1 END), 0)
                    FROM run_command_on_all_nodes(
                      $$SELECT count(*) FROM pg_prepared_xacts WHERE gid LIKE 'citus\\_%' AND database = current_database()$$)""")) {
                row.next();
                if (row.getLong(1) == 0) {
                    return;
                }
            }
            try {
                Thread.sleep(RECOVERY_PAUSE_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLException("interrupted while waiting for two-phase recovery", "57014", e);
            }
        }
        throw new SQLException(
                "a worker has not committed its part of table %s after %d s: two-phase recovery is stuck; look at pg_prepared_xacts on every node"
                        .formatted(table, RECOVERY_ATTEMPTS * RECOVERY_PAUSE_MS / 1000),
                "55000");
    }
}
