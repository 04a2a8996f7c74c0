package org.pg2citus.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;

/** A source server, and for who needs them a broker and a worker: started once for all tests, ended with this JVM. */
final class TestSource {

    private static final AtomicInteger COUNTER = new AtomicInteger();
    /** A standby needs the same, or does not start. */
    static final Map<String, String> SERVER_SETTINGS = Map.of(
            "wal_level", "logical",
            "max_replication_slots", "40",
            "max_wal_senders", "40",
            "max_prepared_transactions", "10");

    private static final int BUNDLED_VERSION = 15;
    private static TestSource shared;

    final PostgresServer postgres;
    private final Path directory;
    private TestKafka kafka;
    private TestWorker worker;

    private TestSource(PostgresServer postgres, Path directory) {
        this.postgres = postgres;
        this.directory = directory;
    }

    /** A server of its own for a test that stops it, or needs other settings; closed by the test. */
    static TestSource of(PostgresServer postgres) throws IOException {
        return new TestSource(postgres, Files.createTempDirectory("pg2citus-source-test"));
    }

    /** {@code -Dpg2citus.source.version=14} runs the tests with another source. */
    static synchronized TestSource shared() throws Exception {
        if (shared == null) {
            int majorVersion = Integer.getInteger("pg2citus.source.version", BUNDLED_VERSION);
            shared = of(startServer(majorVersion, Map.of()));
        }
        return shared;
    }

    /**
     * A server of that major version that a source can be; the test is skipped, and says so, where the build did not
     * bring it.
     */
    static PostgresServer startServer(int majorVersion, Map<String, String> settings) throws SQLException {
        Map<String, String> all = new HashMap<>(SERVER_SETTINGS);
        all.putAll(settings);
        if (majorVersion != BUNDLED_VERSION && !LocalPostgres.has(majorVersion)) {
            String reason =
                    "no PostgreSQL " + majorVersion + " for this machine: the profile postgres-versions brings it";
            System.out.println("SKIPPED, " + reason);
            return Assumptions.abort(reason);
        }
        PostgresServer postgres =
                majorVersion == BUNDLED_VERSION ? LocalPostgres.start(all) : LocalPostgres.start(majorVersion, all);
        if (!postgres.version().startsWith(majorVersion + ".")) {
            throw new AssertionError("PostgreSQL " + majorVersion + " is " + postgres.version());
        }
        return postgres;
    }

    int majorVersion() throws SQLException {
        String version = postgres.version();
        return Integer.parseInt(version.substring(0, version.indexOf('.')));
    }

    synchronized TestKafka kafka() throws Exception {
        if (kafka == null) {
            kafka = TestKafka.start(directory);
        }
        return kafka;
    }

    synchronized TestWorker worker() throws Exception {
        if (worker == null) {
            worker = TestWorker.start(kafka().bootstrap(), directory, Map.of());
        }
        return worker;
    }

    /** A database of its own for a test, with a publication of all tables and a slot. */
    Database database(String prefix) throws SQLException {
        String name = prefix + COUNTER.incrementAndGet();
        try (Connection connection = postgres.connect("postgres")) {
            execute(connection, "CREATE DATABASE " + name);
        }
        return new Database(name);
    }

    static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static String query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    /** A test's database; connector, slot, publication and topic have its name. */
    final class Database {

        final String name;

        private Database(String name) {
            this.name = name;
        }

        Connection connect() throws SQLException {
            return postgres.connect(name);
        }

        void execute(String... statements) throws SQLException {
            try (Connection connection = connect()) {
                TestSource.execute(connection, statements);
            }
        }

        String query(String sql) throws SQLException {
            try (Connection connection = connect()) {
                return TestSource.query(connection, sql);
            }
        }

        void createSlot() throws SQLException {
            execute(
                    "CREATE PUBLICATION " + name + " FOR ALL TABLES",
                    "SELECT pg_create_logical_replication_slot('" + name + "', 'pgoutput')");
        }

        /** Up to where the slot's reader has confirmed. */
        long confirmedLsn() throws SQLException {
            return Long.parseLong(query(
                    "SELECT confirmed_flush_lsn - '0/0' FROM pg_replication_slots WHERE slot_name = '" + name + "'"));
        }

        /** Waits for the server to notice that its reader has gone. */
        void dropSlot(String slot) throws Exception {
            for (int attempt = 0; attempt < 100; attempt++) {
                if ("0"
                        .equals(query("SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name = '" + slot
                                + "'"))) {
                    break;
                }
                Thread.sleep(50);
            }
            execute("SELECT pg_drop_replication_slot('" + slot + "')");
        }

        Map<String, String> settings() {
            Map<String, String> settings = new HashMap<>(Map.of(
                    "connector.class", PostgresSourceConnector.class.getName(),
                    "name", name,
                    "database.hostname", postgres.host(),
                    "database.port", String.valueOf(postgres.port()),
                    "database.user", postgres.user(),
                    "database.dbname", name,
                    "slot.name", name,
                    "publication.name", name,
                    "topic.prefix", name));
            settings.putAll(Map.of(
                    "topic", name,
                    "topic.format", "debezium",
                    "mark.interval.ms", "100",
                    "producer.override.enable.idempotence", "true",
                    "topic.creation.default.partitions", "1",
                    "topic.creation.default.replication.factor", "1"));
            return settings;
        }

        /** With records of many changes each. */
        Map<String, String> compactSettings() {
            Map<String, String> settings = settings();
            settings.remove("topic.format");
            settings.put("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter");
            return settings;
        }

        void start() throws Exception {
            worker().create(name, settings());
            worker().awaitTaskState(name, "RUNNING");
        }

        void stop() throws Exception {
            worker().delete(name);
        }

        TopicReader topic() throws Exception {
            return new TopicReader(kafka().bootstrap(), name);
        }
    }
}
