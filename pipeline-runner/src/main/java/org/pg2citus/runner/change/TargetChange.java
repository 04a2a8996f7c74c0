package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;

/** The target's part of a change, one transaction; on Citus one over all nodes. */
final class TargetChange {

    private static final int LOCK_TIMEOUT_MS = 5_000;
    private static final int ATTEMPTS = 12;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Server server;
    private final boolean citus;
    private final String searchPath;
    private final Consumer<String> announce;
    private final StopSignal stop;

    /** @param searchPath the source's, so that names mean the same */
    TargetChange(Server server, boolean citus, String searchPath, Consumer<String> announce, StopSignal stop) {
        this.server = server;
        this.citus = citus;
        this.searchPath = searchPath;
        this.announce = announce;
        this.stop = stop;
    }

    /** Work inside of the transaction. */
    interface Within {
        void run(Connection target) throws SQLException;
    }

    /**
     * Runs the statements and takes them back: what the target refuses comes out before the source is changed.
     *
     * @throws MigrationException SC017 when the target refuses
     */
    void rehearse(Connection target, List<String> statements) {
        run(target, statements, within -> {}, false);
    }

    /**
     * Changes the target, or nothing.
     *
     * @param within what is to be committed with it; it runs last
     * @throws MigrationException SC017 when the target refuses
     */
    void run(Connection target, List<String> statements, Within within) {
        run(target, statements, within, true);
    }

    private void run(Connection target, List<String> statements, Within within, boolean commits) {
        try {
            target.setAutoCommit(false);
            try {
                for (int attempt = 1; ; attempt++) {
                    Optional<MigrationException> busy = attempt(target, statements, within, commits);
                    if (busy.isEmpty()) {
                        return;
                    }
                    if (attempt == ATTEMPTS || stop.isRequested()) {
                        throw busy.get();
                    }
                    announce.accept(
                            "waiting for locks on the target: " + busy.get().getMessage());
                    stop.await(PAUSE);
                }
            } finally {
                if (!target.isClosed()) {
                    target.setAutoCommit(true);
                }
            }
        } catch (SQLException e) {
            throw server.failure(e, "changing the schema");
        }
    }

    private Optional<MigrationException> attempt(
            Connection target, List<String> statements, Within within, boolean commits) throws SQLException {
        try (Statement statement = target.createStatement()) {
            statement.setEscapeProcessing(false);
            if (citus) {
                // One connection to each worker: in parallel Citus refuses what touches tables that refer to each
                // other.
                statement.execute("SET LOCAL citus.multi_shard_modify_mode = 'sequential'");
                // Workers are not told of what is set for the session.
                statement.execute("SET LOCAL citus.propagate_set_commands = 'local'");
            }
            statement.execute("SET LOCAL lock_timeout = " + LOCK_TIMEOUT_MS);
            SourceChange.useSearchPath(target, searchPath);
            for (String sql : statements) {
                Optional<MigrationException> busy = execute(statement, sql);
                if (busy.isPresent()) {
                    target.rollback();
                    return busy;
                }
            }
            // Types are written with their schema where this does not have them.
            SourceChange.useSearchPath(target, "pg_catalog");
            within.run(target);
            if (commits) {
                commit(target);
            } else {
                target.rollback();
            }
            return Optional.empty();
        } catch (SQLException | RuntimeException e) {
            if (!target.isClosed()) {
                target.rollback();
            }
            throw e;
        }
    }

    /** Present when a lock was not to be had. */
    private static Optional<MigrationException> execute(Statement statement, String sql) {
        try {
            statement.execute(sql);
            return Optional.empty();
        } catch (SQLException e) {
            String message = SourceChange.firstLine(e);
            MigrationException refused = new MigrationException(
                    ExitCode.TARGET,
                    "SC017",
                    "the target refuses %s (SQLSTATE %s): %s"
                            .formatted(ChangeStatement.shortened(sql), e.getSQLState(), message),
                    "write what the target needs into a file of its own and give it with --target-sql; the target is as"
                            + " it was",
                    e);
            // Citus reports what a worker says without the worker's SQLSTATE.
            boolean isBusy = "55P03".equals(e.getSQLState())
                    || "40P01".equals(e.getSQLState())
                    || message.contains("lock timeout");
            if (!isBusy) {
                throw refused;
            }
            return Optional.of(refused);
        }
    }

    private void commit(Connection target) throws SQLException {
        target.clearWarnings();
        target.commit();
        for (SQLWarning warning = target.getWarnings(); warning != null; warning = warning.getNextWarning()) {
            if ("01000".equals(warning.getSQLState())) {
                announce.accept("a Citus worker was lost while the change was committed; Citus finishes it there by"
                        + " itself, and the sink waits for it");
            }
        }
    }
}
