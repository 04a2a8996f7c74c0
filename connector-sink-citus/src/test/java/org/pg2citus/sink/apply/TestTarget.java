package org.pg2citus.sink.apply;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.sink.catalog.TableKind;

/** A database to apply to: on real Citus, or on PostgreSQL without it. */
final class TestTarget implements AutoCloseable {

    /** Which servers a test runs on. */
    enum On {
        CITUS,
        PLAIN
    }

    private static final AtomicInteger NAMES = new AtomicInteger();

    private static PostgresServer plainServer;

    private final On on;
    private final String url;
    private final Optional<CitusDatabase> database;
    private final Connection connection;

    private TestTarget(On on, String url, Optional<CitusDatabase> database) throws SQLException {
        this.on = on;
        this.url = url;
        this.database = database;
        this.connection = DriverManager.getConnection(url);
        // The tests look at what is there under every role and mode.
        if (on == On.CITUS) {
            // Enough for several on each worker; 32 take seconds to create.
            execute("SET citus.shard_count = 8");
        }
        execute("SET extra_float_digits = 3", "SET IntervalStyle = postgres", "SET TimeZone = 'UTC'");
    }

    static TestTarget open(On on) throws SQLException {
        if (on == On.CITUS) {
            CitusDatabase database = TestCitus.database(Assumptions::abort);
            return new TestTarget(on, database.jdbcUrl(), Optional.of(database));
        }
        String name = "plain_" + NAMES.incrementAndGet();
        PostgresServer server = plainServer();
        try (Connection maintenance = server.connect("postgres");
                Statement statement = maintenance.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return new TestTarget(on, server.jdbcUrl(name), Optional.empty());
    }

    /** Ends with this process, as the Citus cluster does. */
    private static synchronized PostgresServer plainServer() {
        if (plainServer == null) {
            plainServer = LocalPostgres.start(Map.of("fsync", "off"));
        }
        return plainServer;
    }

    On on() {
        return on;
    }

    String url() {
        return url;
    }

    Connection connection() {
        return connection;
    }

    /** A name that no other test has. */
    static String unique(String prefix) {
        return prefix + "_" + NAMES.incrementAndGet();
    }

    void execute(String... commands) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    /**
     * Makes a table of this kind, distributed by its column {@code tenant}, and colocated with {@code colocateWith} if
     * that is not null. Without Citus every table is plain.
     */
    void distribute(String table, TableKind kind, String colocateWith) throws SQLException {
        if (on == On.PLAIN) {
            return;
        }
        switch (kind) {
            case PLAIN -> {}
            case CITUS_LOCAL -> execute("SELECT citus_add_local_table_to_metadata('" + table + "')");
            case REFERENCE -> execute("SELECT create_reference_table('" + table + "')");
            case SINGLE_SHARD -> execute("SELECT create_distributed_table('" + table + "', NULL)");
            case DISTRIBUTED ->
                execute("SELECT create_distributed_table('%s', 'tenant'%s)"
                        .formatted(table, colocateWith == null ? "" : ", colocate_with => '" + colocateWith + "'"));
        }
    }

    /** The rows of a query, values as text. */
    List<List<String>> rows(String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            ResultSetMetaData columns = result.getMetaData();
            List<List<String>> rows = new ArrayList<>();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    row.add(result.getString(i));
                }
                rows.add(row);
            }
            return rows;
        }
    }

    /** The one value of a query. */
    String value(String query) throws SQLException {
        return rows(query).get(0).get(0);
    }

    TargetSettings settings() {
        return settings("postgres", true);
    }

    TargetSettings settings(String user, boolean replicaRole) {
        return new TargetSettings(
                url.replaceAll("user=[^&]*&?", ""),
                user,
                "",
                "off",
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                4,
                Duration.ofMillis(20),
                Duration.ofMillis(200),
                Duration.ofSeconds(60),
                replicaRole);
    }

    @Override
    public void close() throws SQLException {
        connection.close();
        if (database.isPresent()) {
            database.get().close();
        }
    }
}
