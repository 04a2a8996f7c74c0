package org.pg2citus.deploy.local;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * One server of a Citus cluster, as its superuser.
 *
 * @param parameters the URL's, user and password among them: {@code user=postgres&...}
 */
record CitusNode(String host, int port, String parameters) {

    static final String MAINTENANCE_DATABASE = "postgres";

    /** Another server that takes the same user and password. */
    CitusNode at(String otherHost, int otherPort) {
        return new CitusNode(otherHost, otherPort, parameters);
    }

    String jdbcUrl(String database) {
        return "jdbc:postgresql://%s:%d/%s?%s".formatted(host, port, database, parameters);
    }

    /** The same as libpq writes it. */
    String uri(String database) {
        return "postgresql://%s:%d/%s?%s".formatted(host, port, database, parameters);
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database));
    }

    /** Executes statements one by one, each in a transaction of its own, in one session. */
    void execute(String database, String... statements) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Shows no password. */
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
