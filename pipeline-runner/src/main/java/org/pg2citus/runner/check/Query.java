package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Runs the small catalog queries of the checks. */
final class Query {

    private Query() {}

    static String text(Connection connection, String sql, Object... parameters) throws SQLException {
        List<String> values = texts(connection, sql, parameters);
        if (values.size() != 1) {
            throw new AssertionError("one row was expected, not %d, from: %s".formatted(values.size(), sql));
        }
        return values.get(0);
    }

    static long number(Connection connection, String sql, Object... parameters) throws SQLException {
        return Long.parseLong(text(connection, sql, parameters));
    }

    static boolean isTrue(Connection connection, String sql, Object... parameters) throws SQLException {
        return "t".equals(text(connection, sql, parameters));
    }

    /** The first column of every row. */
    static List<String> texts(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<String> values = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    values.add(row.getString(1));
                }
            }
            return values;
        }
    }
}
