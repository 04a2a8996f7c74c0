package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Whether the target's role may switch foreign keys and triggers off with {@code session_replication_role}. */
public final class ReplicaRole {

    private ReplicaRole() {}

    /** Tries it: managed services permit it in ways that the catalog does not show. Changes nothing. */
    public static boolean isPermitted(Connection target) throws SQLException {
        boolean autoCommit = target.getAutoCommit();
        target.setAutoCommit(false);
        try (Statement statement = target.createStatement()) {
            statement.execute("SET LOCAL session_replication_role = replica");
            return true;
        } catch (SQLException e) {
            if ("42501".equals(e.getSQLState())) {
                return false;
            }
            throw e;
        } finally {
            target.rollback();
            target.setAutoCommit(autoCommit);
        }
    }
}
