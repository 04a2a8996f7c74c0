package org.pg2citus.runner.state;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The tables of the target's schema {@code pg2citus}. */
public final class StateTables {

    private StateTables() {}

    /** Whether there is such a table: commands that only look make none. */
    public static boolean exists(Connection target, String table) throws SQLException {
        try (PreparedStatement statement = target.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            statement.setString(1, "pg2citus." + table);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }
}
