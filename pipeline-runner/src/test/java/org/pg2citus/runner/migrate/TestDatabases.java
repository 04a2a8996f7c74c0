package org.pg2citus.runner.migrate;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.runner.config.CopySettings;
import org.pg2citus.runner.config.KafkaSettings;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.config.TableFilter;
import org.pg2citus.runner.config.TablePattern;
import org.pg2citus.runner.config.WatchPolicy;

/** Real servers for the tests of this module: one source and one plain target per process, databases per test. */
public final class TestDatabases {

    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static PostgresServer source;
    private static PostgresServer target;

    private TestDatabases() {}

    public static synchronized PostgresServer source() {
        if (source == null) {
            source = LocalPostgres.start(Map.of("wal_level", "logical", "max_replication_slots", "20", "fsync", "off"));
        }
        return source;
    }

    public static synchronized PostgresServer target() {
        if (target == null) {
            target = LocalPostgres.start(Map.of("fsync", "off"));
        }
        return target;
    }

    /** A fresh database on a server. */
    public static String create(PostgresServer server) throws SQLException {
        String name = "test_" + NUMBER.incrementAndGet();
        execute(server.jdbcUrl("postgres"), "CREATE DATABASE " + name);
        return name;
    }

    public static ServerAddress address(PostgresServer server, String database) {
        return new ServerAddress(server.host(), server.port(), database, server.user(), Optional.empty(), Map.of());
    }

    /** Reads the address from a JDBC URL with user and, perhaps, password, as the deploy module gives it. */
    public static ServerAddress address(String jdbcUrl) {
        var matcher = Pattern.compile("jdbc:postgresql://([^:/]+):(\\d+)/([^?]+)\\?user=([^&]+).*")
                .matcher(jdbcUrl);
        if (!matcher.matches()) {
            throw new AssertionError("not the expected form: " + jdbcUrl);
        }
        return new ServerAddress(
                matcher.group(1),
                Integer.parseInt(matcher.group(2)),
                matcher.group(3),
                matcher.group(4),
                Optional.empty(),
                Map.of());
    }

    /** The same database, by another role, without a password. */
    public static ServerAddress as(ServerAddress address, String role) {
        return new ServerAddress(address.host(), address.port(), address.database(), role, Optional.empty(), Map.of());
    }

    public static MigrationSettings settings(ServerAddress from, ServerAddress to, Path dataDir) {
        String name = "m" + NUMBER.incrementAndGet();
        return new MigrationSettings(
                name,
                dataDir,
                from,
                to,
                "pg2citus_" + name,
                "pg2citus_" + name,
                new TableFilter(List.of(new TablePattern("*")), List.of()),
                CopySettings.ofJobs(2),
                new KafkaSettings(Optional.empty(), "pg2citus." + name, Optional.empty(), Map.of()),
                Optional.empty(),
                3,
                Duration.ofSeconds(30),
                WatchPolicy.DEFAULT,
                List.of());
    }

    static MigrationSettings copying(MigrationSettings settings, CopySettings copy) {
        return new MigrationSettings(
                settings.name(),
                settings.dataDir(),
                settings.source(),
                settings.target(),
                settings.slot(),
                settings.publication(),
                settings.tables(),
                copy,
                settings.kafka(),
                settings.connectUrl(),
                settings.taskRestarts(),
                settings.stopTimeout(),
                settings.watch(),
                settings.warnings());
    }

    static MigrationSettings readingFrom(MigrationSettings settings, ServerAddress source) {
        return new MigrationSettings(
                settings.name(),
                settings.dataDir(),
                source,
                settings.target(),
                settings.slot(),
                settings.publication(),
                settings.tables(),
                settings.copy(),
                settings.kafka(),
                settings.connectUrl(),
                settings.taskRestarts(),
                settings.stopTimeout(),
                settings.watch(),
                settings.warnings());
    }

    public static void execute(String jdbcUrl, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The first column of each row. */
    public static List<String> query(String jdbcUrl, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (row.next()) {
                values.add(row.getString(1));
            }
            return values;
        }
    }
}
