package org.pg2citus.runner.schema;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;

/**
 * Runs a script on the target. Each statement is asked about first: what is there is left as it is, so a script that was
 * interrupted goes on, and one that is done changes nothing.
 */
public final class SchemaApply {

    /** Told of each statement before it is run. */
    public interface Listener {

        /**
         * Announces one statement.
         *
         * @param there the target has it already, it is not run
         */
        void on(SchemaStatement statement, int number, int all, boolean there);
    }

    /**
     * What was done.
     *
     * @param run how many statements were run
     * @param there how many were not, as the target had their objects
     */
    public record Result(int run, int there) {}

    /** An object of the kind and name is there; only for statements that there is no question for. */
    private static final String DUPLICATE_OBJECT = "42710";

    /** The same for functions, whose arguments two versions may write differently. */
    private static final String DUPLICATE_FUNCTION = "42723";

    private static final String LOCK =
            "SELECT pg_try_advisory_lock(hashtext('pg2citus schema'), hashtext(current_database()))";

    private final Server server;
    private final Connection target;
    private final boolean citus;

    SchemaApply(Server server, Connection target, boolean citus) {
        this.server = server;
        this.target = target;
        this.citus = citus;
    }

    /**
     * Runs the statements in their order.
     *
     * @throws MigrationException SM030 (exit code 7) at the first that fails, ST011 (exit code 3) when another one runs
     */
    Result run(List<String> session, List<SchemaStatement> statements, Listener listener) {
        int run = 0;
        int there = 0;
        try (Statement statement = target.createStatement()) {
            lock(statement);
            // The text is sent as it is: nothing in it is JDBC's.
            statement.setEscapeProcessing(false);
            for (String setting : session) {
                statement.execute(setting);
            }
            for (SchemaStatement next : statements) {
                int number = run + there + 1;
                boolean known = isThere(Probe.of(next.sql()));
                listener.on(next, number, statements.size(), known);
                if (known || !execute(statement, next)) {
                    there++;
                } else {
                    run++;
                }
            }
            return new Result(run, there);
        } catch (SQLException e) {
            throw server.failure(e, "making the schema");
        }
    }

    private void lock(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(LOCK)) {
            row.next();
            if (!row.getBoolean(1)) {
                throw new MigrationException(
                        ExitCode.STATE,
                        "ST011",
                        "another 'pg2citus schema apply' is running on " + server.address(),
                        "wait for it; it holds an advisory lock, which ends with its session");
            }
        }
    }

    private boolean isThere(Optional<Probe> question) throws SQLException {
        if (question.isEmpty()) {
            return false;
        }
        Probe probe = question.get();
        if (!probe.citus() || citus) {
            try (PreparedStatement query = target.prepareStatement(probe.sql())) {
                for (int i = 0; i < probe.parameters().size(); i++) {
                    query.setString(i + 1, probe.parameters().get(i));
                }
                try (ResultSet row = query.executeQuery()) {
                    if (row.next() && row.getBoolean(1)) {
                        return true;
                    }
                }
            }
        }
        return isThere(probe.otherwise());
    }

    /** False when it turns out that the object is there. */
    private boolean execute(Statement statement, SchemaStatement next) {
        try {
            statement.execute(next.sql());
            return true;
        } catch (SQLException e) {
            boolean unasked = Probe.of(next.sql()).isEmpty();
            if (DUPLICATE_FUNCTION.equals(e.getSQLState()) || (unasked && DUPLICATE_OBJECT.equals(e.getSQLState()))) {
                return false;
            }
            if (Server.isConnectionLoss(e)) {
                throw server.failure(e, "running: " + next.shortSql());
            }
            throw new MigrationException(
                    ExitCode.TARGET,
                    "SM030",
                    "%s refuses a statement (SQLSTATE %s): %s%n%s"
                            .formatted(
                                    server.address(),
                                    e.getSQLState(),
                                    String.valueOf(e.getMessage()).strip(),
                                    next.sql()),
                    "mend the cause and run the command again, it goes on with this statement; or change the script:"
                            + " pg2citus schema generate --out FILE, then apply --sql FILE",
                    e);
        }
    }
}
