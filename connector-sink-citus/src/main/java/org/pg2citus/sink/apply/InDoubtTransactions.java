package org.pg2citus.sink.apply;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.pg2citus.sink.failure.HaltException;

/**
 * Two-phase transactions of Citus that a node has prepared, but not yet been told to commit or roll back.
 *
 * <p>Their rows are invisible and locked. A delete or update that comes before the recovery misses them, and the recovery
 * then brings them back: so nothing may be applied while there are any that the pipeline could have caused.
 */
public final class InDoubtTransactions {

    private static final String PREPARED =
            """
            SELECT success, result FROM run_command_on_all_nodes($$
              SELECT coalesce(string_agg(gid, ','), '') FROM pg_catalog.pg_prepared_xacts
              WHERE gid LIKE 'citus\\_%' AND database = current_database()$$)""";

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private InDoubtTransactions() {}

    /**
     * Waits until those that are prepared now are finished. Later ones are not waited for: they are other clients'.
     *
     * @return true when there were any
     * @throws HaltException AP008 when some are still there after {@code timeout}
     */
    public static boolean await(Connection connection, Duration timeout) throws SQLException {
        Set<String> waitedFor = prepared(connection);
        boolean any = !waitedFor.isEmpty();
        long deadline = System.nanoTime() + timeout.toNanos();
        Duration pause = FIRST_PAUSE;
        while (!waitedFor.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new HaltException(
                        "AP008",
                        ("%d two-phase transactions of Citus are still in doubt after %d s, for example %s. Run SELECT"
                                        + " recover_prepared_transactions() on the coordinator as a superuser, see that"
                                        + " citus.recover_2pc_interval is not -1 and that all nodes are up, then start"
                                        + " again.")
                                .formatted(
                                        waitedFor.size(),
                                        timeout.toSeconds(),
                                        waitedFor.iterator().next()));
            }
            recover(connection);
            Pause.of(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            waitedFor.retainAll(prepared(connection));
        }
        return any;
    }

    private static Set<String> prepared(Connection connection) throws SQLException {
        Set<String> gids = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet node = statement.executeQuery(PREPARED)) {
            while (node.next()) {
                String result = String.valueOf(node.getString(2));
                if (!node.getBoolean(1)) {
                    // A node that is down may hold some.
                    throw new SQLException("a node could not be asked for prepared transactions: " + result, "08006");
                }
                Arrays.stream(result.split(",")).filter(gid -> !gid.isEmpty()).forEach(gids::add);
            }
        }
        return gids;
    }

    /** Does at once what Citus' maintenance daemon does every minute; only for roles that may. */
    private static void recover(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet permitted = statement.executeQuery(
                        "SELECT has_function_privilege('recover_prepared_transactions()', 'EXECUTE')")) {
            permitted.next();
            if (permitted.getBoolean(1)) {
                statement.executeQuery("SELECT recover_prepared_transactions()").close();
            }
        }
    }
}
