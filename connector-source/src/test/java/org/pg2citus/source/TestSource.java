package org.pg2citus.source;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;

/** A source server, a broker and a worker, started once for all tests of this JVM, which ends them. */
final class TestSource {

    private static final AtomicInteger COUNTER = new AtomicInteger();
    private static TestSource shared;

    final PostgresServer postgres;
    final TestKafka kafka;
    final TestWorker worker;

    private TestSource(PostgresServer postgres, TestKafka kafka, TestWorker worker) {
        this.postgres = postgres;
        this.kafka = kafka;
        this.worker = worker;
    }

    static synchronized TestSource shared() throws Exception {
        if (shared == null) {
            Path directory = Files.createTempDirectory("pg2citus-source-test");
            PostgresServer postgres = LocalPostgres.start(Map.of(
                    "wal_level", "logical",
                    "max_replication_slots", "40",
                    "max_wal_senders", "40",
                    "max_prepared_transactions", "10"));
            TestKafka kafka = TestKafka.start(directory);
            shared = new TestSource(postgres, kafka, TestWorker.start(kafka.bootstrap(), directory, Map.of()));
        }
        return shared;
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
                    "mark.interval.ms", "100",
                    "producer.override.enable.idempotence", "true",
                    "topic.creation.default.partitions", "1",
                    "topic.creation.default.replication.factor", "1"));
            return settings;
        }

        void start() throws Exception {
            worker.create(name, settings());
            worker.awaitTaskState(name, "RUNNING");
        }

        void stop() throws Exception {
            worker.delete(name);
        }

        TopicReader topic() {
            return new TopicReader(kafka.bootstrap(), name);
        }
    }
}
