package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/**
 * The target's sessions of a run that was killed: one of them may be committing a chunk still. Before they are gone, the
 * ledger does not tell what is copied.
 */
public final class LeftSessions {

    private static final int ATTEMPTS = 240;
    private static final Duration PAUSE = Duration.ofMillis(250);

    private static final String TERMINATE =
            "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ? AND pid <> pg_backend_pid()";

    private LeftSessions() {}

    /**
     * Ends them, and waits until Citus has no transaction of theirs in doubt. To be called while the run holds the
     * migration's lock, before it reads the ledger.
     *
     * @param applicationName of the copying sessions
     */
    public static void end(Connection target, String applicationName, TargetSession session, StopSignal stop)
            throws SQLException {
        for (int attempt = 1; areThere(target, applicationName); attempt++) {
            if (attempt == ATTEMPTS || stop.await(PAUSE)) {
                throw new MigrationException(
                        ExitCode.STATE,
                        "CP005",
                        "sessions '%s' of an earlier run are still there on the target".formatted(applicationName),
                        "end them with pg_terminate_backend(), then run the command again");
            }
        }
        session.awaitRecovery(target);
    }

    private static boolean areThere(Connection target, String applicationName) throws SQLException {
        try (PreparedStatement query = target.prepareStatement(TERMINATE)) {
            query.setString(1, applicationName);
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        }
    }
}
