package org.pg2citus.runner.postgres;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Properties;
import org.pg2citus.runner.config.Secret;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.failure.MigrationException;

/**
 * One of the two databases: opens connections whose session settings make text forms and permissions the same on both
 * sides, whatever the server's configuration says.
 */
public final class Server {

    // Text forms that depend on settings are fixed on both sides. row_security=off turns rows silently hidden by a
    // policy into an error. The timeouts protect applications; a copy may take longer. Two of them are not in every
    // version: a server that is too old is to be told so, and not to fail here.
    private static final String SESSION =
            """
            SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 3;
            SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET xmloption = 'content'; SET row_security = off;
            SET search_path = pg_catalog; SET statement_timeout = 0; SET lock_timeout = 0;
            SET idle_in_transaction_session_timeout = 0;
            SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings
            WHERE name IN ('idle_session_timeout', 'transaction_timeout')""";

    private static final int CONNECT_TIMEOUT_SECONDS = 10;

    private final Side side;
    private final ServerAddress address;
    private final String migration;

    /** @param migration the migration's name, shown in the server's list of sessions */
    public Server(Side side, ServerAddress address, String migration) {
        this.side = side;
        this.address = address;
        this.migration = migration;
    }

    public Side side() {
        return side;
    }

    public ServerAddress address() {
        return address;
    }

    /**
     * Opens a session in autocommit mode.
     *
     * @param purpose shown in the server's list of sessions
     * @throws MigrationException with the side's exit code when the server does not let us in
     */
    public Connection connect(String purpose) {
        return open(purpose, properties(purpose));
    }

    /** What the server's list of sessions shows, which has room for 63 bytes. */
    public String applicationName(String purpose) {
        return "%.63s".formatted("pg2citus %s: %s".formatted(migration, purpose));
    }

    /** Opens a session that can also make replication slots: {@code replication=database}. */
    public Connection connectForReplication(String purpose) {
        Properties properties = properties(purpose);
        properties.setProperty("replication", "database");
        properties.setProperty("assumeMinServerVersion", "14");
        // The replication protocol knows simple queries only.
        properties.setProperty("preferQueryMode", "simple");
        return open(purpose, properties);
    }

    private Connection open(String purpose, Properties properties) {
        try {
            Connection connection = DriverManager.getConnection(address.jdbcUrl(), properties);
            try (Statement statement = connection.createStatement()) {
                statement.execute(SESSION);
                return connection;
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw failure(e, "opening a session for " + purpose);
        }
    }

    private Properties properties(String purpose) {
        Properties properties = new Properties();
        properties.setProperty("user", address.user());
        address.password().map(Secret::value).ifPresent(password -> properties.setProperty("password", password));
        properties.setProperty("ApplicationName", applicationName(purpose));
        properties.setProperty(
                "connectTimeout",
                address.parameters().getOrDefault("connect_timeout", Integer.toString(CONNECT_TIMEOUT_SECONDS)));
        properties.setProperty("loginTimeout", Integer.toString(3 * CONNECT_TIMEOUT_SECONDS));
        properties.setProperty("tcpKeepAlive", "true");
        String options = address.parameters().get("options");
        if (options != null) {
            properties.setProperty("options", options);
        }
        return properties;
    }

    /**
     * Turns a driver's error into ours.
     *
     * @param doing what was being done, for example {@code reading the catalog}
     */
    public MigrationException failure(SQLException e, String doing) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String message = e.getMessage() == null ? "" : e.getMessage();
        String where = "%s %s".formatted(side.word(), address);
        if (state.startsWith("28") || message.toLowerCase(Locale.ROOT).contains("password was provided")) {
            return new MigrationException(
                    side.exitCode(),
                    side.code(2),
                    "%s refuses the login of user %s (SQLSTATE %s): %s"
                            .formatted(where, address.user(), state, firstLine(message)),
                    address.password().isEmpty()
                            ? "give a password: PG2CITUS_%s_PASSWORD, %s.password_file, or a line in ~/.pgpass"
                                    .formatted(side.name(), side.word())
                            : "check the user's password, and the server's pg_hba.conf for this user, database and"
                                    + " address",
                    e);
        }
        if (state.equals("3D000")) {
            return new MigrationException(
                    side.exitCode(),
                    side.code(3),
                    "%s: %s".formatted(where, firstLine(message)),
                    "check the database's name in %s.uri".formatted(side.word()),
                    e);
        }
        if (state.equals("53300")) {
            return new MigrationException(
                    side.exitCode(),
                    side.code(4),
                    "%s has no free connection (SQLSTATE %s): %s".formatted(where, state, firstLine(message)),
                    "raise max_connections, close idle sessions, or lower copy.jobs; then run the command again",
                    e);
        }
        if (state.equals("42501")) {
            return new MigrationException(
                    side.exitCode(),
                    side.code(5),
                    "%s: a privilege is missing while %s (SQLSTATE %s): %s"
                            .formatted(where, doing, state, firstLine(message)),
                    "grant it to " + address.user() + ", then run the command again",
                    e);
        }
        if (state.startsWith("08") || state.startsWith("57P")) {
            return new MigrationException(
                    side.exitCode(),
                    side.code(1),
                    "%s cannot be reached while %s (SQLSTATE %s): %s"
                            .formatted(where, doing, state, firstLine(message)),
                    "check host, port and network, and that the server runs; then run the command again",
                    e);
        }
        return new MigrationException(
                side.exitCode(),
                side.code(9),
                "%s failed while %s (SQLSTATE %s): %s".formatted(where, doing, state, firstLine(message)),
                "mend the cause, then run the command again: it continues where it stopped",
                e);
    }

    /** True when a new session may succeed where this one failed. */
    public static boolean isConnectionLoss(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse("no message");
    }
}
