package org.pg2citus.sink.apply;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.zip.CRC32;
import org.pg2citus.sink.catalog.TargetCatalog;
import org.pg2citus.sink.progress.SentColumns;
import org.postgresql.PGConnection;

/**
 * One connection to the target, set up for applying. After any error it is thrown away: Citus can leave a session's
 * settings changed behind an error.
 */
final class Session implements AutoCloseable {

    /** How much longer than a statement's limit the client waits for an answer before it gives the connection up. */
    private static final int SOCKET_GRACE_SECONDS = 30;

    /** Values go as text and come back as text; every type's own input and output functions convert them. */
    private static final List<String> SETTINGS = List.of(
            "search_path = pg_catalog",
            "DateStyle = 'ISO, MDY'",
            "IntervalStyle = postgres",
            "TimeZone = 'UTC'",
            "extra_float_digits = 3",
            "bytea_output = hex",
            "xmloption = content",
            "standard_conforming_strings = on",
            "row_security = off",
            "idle_in_transaction_session_timeout = 0");

    private final TargetSettings settings;
    private final Connection connection;
    private final boolean citus;
    private final boolean replicaRole;
    private final TargetCatalog catalog;
    private final ShardMap shards;
    private final Stages stages;
    private final SentColumns sentColumns;

    private Session(TargetSettings settings, Connection connection, String applicationName, String pipeline)
            throws SQLException {
        this.settings = settings;
        this.connection = connection;
        this.citus = TargetCatalog.hasCitus(connection);
        setUp();
        this.replicaRole = settings.replicaRole() && ReplicaRole.isPermitted(connection, citus);
        this.catalog = new TargetCatalog(connection, citus);
        this.shards = new ShardMap(connection);
        this.stages = new Stages(this, digest(applicationName));
        this.sentColumns = new SentColumns(connection, pipeline);
    }

    /**
     * Opens one.
     *
     * @param applicationName shown in pg_stat_activity; older sessions of the same name are ended
     */
    static Session open(TargetSettings settings, String applicationName, String pipeline) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", settings.user());
        if (!settings.password().isEmpty()) {
            properties.setProperty("password", settings.password());
        }
        properties.setProperty("ApplicationName", applicationName);
        properties.setProperty("binaryTransfer", "false");
        // DETAIL holds the values of keys, and stack traces end up in logs. In the URL the operator may allow it.
        properties.setProperty("logServerErrorDetail", "false");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "30");
        properties.setProperty(
                "socketTimeout", String.valueOf(settings.statementTimeout().toSeconds() + SOCKET_GRACE_SECONDS));
        Connection connection = DriverManager.getConnection(settings.url(), properties);
        try {
            return new Session(settings, connection, applicationName, pipeline);
        } catch (SQLException | RuntimeException e) {
            close(connection, e);
            throw e;
        }
    }

    /** Eight digits that stand for a name where it is too long. */
    static String digest(String name) {
        CRC32 sum = new CRC32();
        sum.update(name.getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(sum.getValue());
    }

    /** Sets up the session; settings that only hold inside a transaction are in {@link #begin}. */
    private void setUp() throws SQLException {
        List<String> commands = new ArrayList<>();
        SETTINGS.forEach(setting -> commands.add("SET " + setting));
        commands.add("SET synchronous_commit = " + settings.synchronousCommit());
        commands.add("SET lock_timeout = " + settings.lockTimeout().toMillis());
        commands.add("SET statement_timeout = " + settings.statementTimeout().toMillis());
        // A client that vanished must not hold its locks for the hours that TCP allows by default.
        commands.add("SET tcp_keepalives_idle = 30");
        commands.add("SET tcp_keepalives_interval = 10");
        commands.add("SET tcp_keepalives_count = 3");
        if (citus) {
            // Parallel mode opens up to 16 connections per Citus worker and transaction, and refuses to write a
            // reference table after a table that references it.
            commands.add("SET citus.multi_shard_modify_mode = 'sequential'");
        }
        execute(commands);
    }

    /**
     * Ends sessions of this name that an earlier task left behind, for example one whose host vanished: they would hold
     * locks. They are fenced by the epoch anyway.
     */
    void endOlderSessions() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = current_setting('application_name') AND usename = current_user
                  AND datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()""")) {
            statement.executeQuery().close();
        }
    }

    /** Begins a transaction. */
    void begin() throws SQLException {
        connection.setAutoCommit(false);
        List<String> commands = new ArrayList<>();
        if (citus) {
            // Makes the workers take over what is SET LOCAL from here on; session-level settings never reach them.
            commands.add("SET LOCAL citus.propagate_set_commands = 'local'");
            commands.add("SET LOCAL lock_timeout = " + settings.lockTimeout().toMillis());
            commands.add("SET LOCAL DateStyle = 'ISO, MDY'");
            commands.add("SET LOCAL IntervalStyle = postgres");
        }
        if (replicaRole) {
            commands.add(ReplicaRole.ON);
        }
        execute(commands);
    }

    /**
     * Commits.
     *
     * @return true when the commit is complete on all nodes. Otherwise a Citus worker could not be told to commit what it
     *     had prepared: the transaction is committed, but part of it is invisible until Citus' recovery
     */
    boolean commit() throws SQLException {
        connection.clearWarnings();
        connection.commit();
        boolean complete = true;
        for (SQLWarning warning = connection.getWarnings(); warning != null; warning = warning.getNextWarning()) {
            // 01000 says it; 57P01 and 08006 come with it. Any other doubt costs one look at the nodes.
            complete &= warning.getSQLState() == null || warning.getSQLState().startsWith("00");
        }
        connection.setAutoCommit(true);
        return complete;
    }

    void rollback() throws SQLException {
        connection.rollback();
        connection.setAutoCommit(true);
    }

    void execute(String command) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(command);
        }
    }

    /** In one round trip. */
    private void execute(List<String> commands) throws SQLException {
        if (!commands.isEmpty()) {
            execute(String.join("; ", commands));
        }
    }

    /** Runs a statement with text parameters whose types the SQL says. */
    static void bind(PreparedStatement statement, List<String> parameters) throws SQLException {
        for (int i = 0; i < parameters.size(); i++) {
            // OTHER leaves the type to the server, so that the parameter is a constant of the type that it is cast to:
            // Citus needs that to find the shard, and refuses casts of columns from text in an UPDATE.
            statement.setObject(i + 1, parameters.get(i), Types.OTHER);
        }
    }

    Connection connection() {
        return connection;
    }

    TargetCatalog catalog() {
        return catalog;
    }

    ShardMap shards() {
        return shards;
    }

    Stages stages() {
        return stages;
    }

    boolean citus() {
        return citus;
    }

    SentColumns sentColumns() {
        return sentColumns;
    }

    /** True when foreign keys and triggers of the target are off inside a transaction. */
    boolean replicaRole() {
        return replicaRole;
    }

    DivergencePolicy divergencePolicy() {
        return settings.divergencePolicy();
    }

    /** True when messages may name the values of keys. */
    boolean showKeys() {
        return settings.showKeys();
    }

    int backendPid() throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    /** Closes the socket under a statement that another thread waits for. */
    void abort() {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            // It is closed already.
            return;
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // Nothing depends on a clean goodbye: what was not committed is rolled back.
            return;
        }
    }

    private static void close(Connection connection, Exception reason) {
        try {
            connection.close();
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
    }
}
