package org.pg2citus.runner.snapshot;

import java.sql.SQLException;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.sink.failure.Failure;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.SqlStates;

/** What errors of a copy mean. */
final class CopyFailures {

    private static final String REST = "; what is finished stays, and the command, run again, goes on with the rest";

    private CopyFailures() {}

    /** True when new sessions may succeed. A full disk is better told at once than waited for. */
    static boolean mayPass(SQLException e) {
        return SqlStates.classify(e) == Failure.RETRY && !isResourceLimit(e);
    }

    /** Opening a session failed: true when the server is away. */
    static boolean mayPass(MigrationException e) {
        return e.getCause() instanceof SQLException cause && mayPass(cause);
    }

    static MigrationException ofTarget(Server target, Chunk chunk, SQLException e) {
        if (isResourceLimit(e)) {
            return new MigrationException(
                    ExitCode.TARGET,
                    "CP006",
                    "the target has no room for %s (SQLSTATE %s): %s".formatted(chunk, e.getSQLState(), firstLine(e)),
                    "make room on the server, on Citus on every node" + REST,
                    e);
        }
        if (SqlStates.classify(e) == Failure.RETRY || Server.isConnectionLoss(e)) {
            return target.failure(e, "writing " + chunk);
        }
        return new MigrationException(
                ExitCode.TARGET,
                "CP001",
                "the target does not take %s (SQLSTATE %s): %s".formatted(chunk, e.getSQLState(), firstLine(e)),
                "mend the cause" + REST,
                e);
    }

    static MigrationException ofSource(Server source, Chunk chunk, SQLException e) {
        return switch (String.valueOf(e.getSQLState())) {
            case "42P01", "42703", "42804" ->
                new MigrationException(
                        ExitCode.SOURCE,
                        "CP007",
                        "the source cannot read %s (SQLSTATE %s): %s".formatted(chunk, e.getSQLState(), firstLine(e)),
                        "was the table dropped or altered? Bring it back as it was, or start the migration again without"
                                + " it" + REST,
                        e);
            default -> source.failure(e, "reading " + chunk);
        };
    }

    static MigrationException ofHalt(HaltException e) {
        return new MigrationException(ExitCode.TARGET, e.code(), e.getMessage(), "mend the cause" + REST, e);
    }

    /** Insufficient resources, but not connections, which others give back. */
    private static boolean isResourceLimit(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return (state.startsWith("53") && !state.equals("53300"))
                || String.valueOf(e.getMessage()).contains("No space left on device");
    }

    private static String firstLine(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
