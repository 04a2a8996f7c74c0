package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import org.pg2citus.sink.apply.InDoubtTransactions;

/**
 * How the target's transactions copy.
 *
 * @param citus the target has the extension
 * @param replicaRole foreign keys and triggers can be switched off, so that tables may come in any order
 */
public record TargetSession(boolean citus, boolean replicaRole) {

    /** Citus looks every minute for what it has to recover. */
    private static final Duration RECOVERY = Duration.ofMinutes(3);

    /** To be called at the beginning of each transaction. */
    void prepare(Connection target) throws SQLException {
        try (Statement statement = target.createStatement()) {
            if (citus) {
                // One connection per worker instead of one per shard: chunks are copied in parallel anyway.
                statement.execute("SET LOCAL citus.multi_shard_modify_mode = 'sequential'");
                // Without it the replica role would stay on the coordinator, while the shards check foreign keys.
                statement.execute("SET LOCAL citus.propagate_set_commands = 'local'");
            }
            if (replicaRole) {
                statement.execute("SET LOCAL session_replication_role = replica");
            }
        }
    }

    /**
     * To be called after each commit. Citus reports a worker that did not commit by a warning only: its part is prepared
     * and will be committed, but until then a query does not see it.
     */
    void settle(Connection target) throws SQLException {
        SQLWarning warning = target.getWarnings();
        if (warning != null
                && warning.getSQLState() != null
                && warning.getSQLState().startsWith("01000")) {
            awaitRecovery(target);
        }
    }

    /** Waits until nothing that was committed is hidden in a prepared transaction. The connection is in autocommit. */
    void awaitRecovery(Connection target) throws SQLException {
        if (citus) {
            InDoubtTransactions.await(target, RECOVERY);
        }
    }
}
