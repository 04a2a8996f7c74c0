package org.pg2citus.sink.apply;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** {@code session_replication_role}: with replica, neither foreign keys nor ordinary triggers run. */
final class ReplicaRole {

    static final String ON = "SET LOCAL session_replication_role = replica";
    static final String OFF = "SET LOCAL session_replication_role = origin";

    /** is_local, so that it is over with the statement, also on a connection that Citus keeps. */
    private static final String TRY = "SELECT pg_catalog.set_config('session_replication_role', 'replica', true)";

    private ReplicaRole() {}

    /** True when the role may set it on every node: the privilege is not propagated by Citus. */
    static boolean isPermitted(Connection connection, boolean citus) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery(TRY).close();
        } catch (SQLException e) {
            if ("42501".equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
        return !citus || isPermittedOnAllNodes(connection);
    }

    private static boolean isPermittedOnAllNodes(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet node = statement.executeQuery(
                        "SELECT success, result FROM run_command_on_all_nodes($$" + TRY + "$$)")) {
            while (node.next()) {
                if (node.getBoolean(1)) {
                    continue;
                }
                if (String.valueOf(node.getString(2)).contains("permission denied")) {
                    return false;
                }
                throw new SQLException("a node could not be asked for its privileges: " + node.getString(2), "08006");
            }
        }
        return true;
    }
}
