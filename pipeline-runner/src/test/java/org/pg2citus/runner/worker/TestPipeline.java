package org.pg2citus.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.runner.config.KafkaSettings;
import org.pg2citus.runner.stream.ConnectClient;
import org.pg2citus.runner.stream.EmbeddedConnect;
import org.pg2citus.runner.stream.EmbeddedKafka;

/**
 * Everything around the sink: a source server, its changes captured into a topic of a Kafka that lives as long as the test,
 * and the settings of a sink that applies them to a target.
 */
final class TestPipeline implements AutoCloseable {

    static final String TOPIC = "stream";
    static final String PIPELINE = "soak";

    private static final String BYTES_CONVERTER = "org.apache.kafka.connect.converters.ByteArrayConverter";

    /** Under load on a small machine a restarted worker has a backlog of some seconds. */
    private static final int CATCH_UP_SECONDS = 180;

    private final PostgresServer source;
    private final EmbeddedKafka kafka;
    private final EmbeddedConnect capture;
    private final Path directory;
    private final String targetUrl;

    private TestPipeline(
            PostgresServer source, EmbeddedKafka kafka, EmbeddedConnect capture, Path directory, String targetUrl) {
        this.source = source;
        this.kafka = kafka;
        this.capture = capture;
        this.directory = directory;
        this.targetUrl = targetUrl;
    }

    /** @param targetUrl with user; the tables of {@code schema} must be there already */
    static TestPipeline start(Path directory, String targetUrl, String... schema) throws Exception {
        PostgresServer source = LocalPostgres.start(Map.of("wal_level", "logical", "fsync", "off"));
        String url = source.jdbcUrl("postgres");
        execute(url, schema);
        execute(
                url,
                "CREATE PUBLICATION soak FOR ALL TABLES",
                "SELECT pg_create_logical_replication_slot('soak', 'pgoutput')");
        EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(1), Optional.of((short) 1))))
                    .all()
                    .get(60, TimeUnit.SECONDS);
        }
        EmbeddedConnect capture = EmbeddedConnect.start(
                directory,
                new KafkaSettings(Optional.empty(), TOPIC, Optional.empty(), Map.of()),
                kafka.bootstrapServers());
        TestPipeline pipeline = new TestPipeline(source, kafka, capture, directory, targetUrl);
        new ConnectClient(capture.url()).put("capture", pipeline.captureSettings());
        return pipeline;
    }

    private Map<String, String> captureSettings() {
        Map<String, String> settings = new HashMap<>(Map.of(
                "connector.class", "org.pg2citus.source.PostgresSourceConnector",
                "name", "capture",
                "database.hostname", source.host(),
                "database.port", String.valueOf(source.port()),
                "database.user", source.user(),
                "database.dbname", "postgres",
                "slot.name", "soak",
                "publication.name", "soak",
                "topic.prefix", "soak",
                "topic", TOPIC));
        settings.putAll(Map.of(
                "mark.interval.ms",
                "200",
                "key.converter",
                BYTES_CONVERTER,
                "value.converter",
                BYTES_CONVERTER,
                "producer.override.enable.idempotence",
                "true"));
        return settings;
    }

    /** A sink with limits so small that batches are many and large transactions are streamed. */
    Map<String, String> sinkSettings(String name) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "connector.class",
                "org.pg2citus.sink.CitusSinkConnector",
                "name",
                name,
                "topics",
                TOPIC,
                "pipeline",
                PIPELINE,
                "connection.url",
                targetUrl,
                "connection.user",
                "postgres",
                "batch.max.rows",
                "300",
                "transaction.memory.max.rows",
                "400"));
        settings.putAll(Map.of(
                "key.converter", BYTES_CONVERTER,
                "value.converter", BYTES_CONVERTER,
                "header.converter", "org.apache.kafka.connect.json.JsonConverter",
                "header.converter.schemas.enable", "false",
                "consumer.override.auto.offset.reset", "earliest",
                "consumer.override.isolation.level", "read_committed",
                "consumer.override.max.poll.records", "1000"));
        return settings;
    }

    ConnectWorker launch(Map<String, String> connector) throws Exception {
        return launch(List.of(connector));
    }

    ConnectWorker launch(List<Map<String, String>> connectors) throws Exception {
        return ConnectWorker.launch(kafka.bootstrapServers(), directory, Map.of(), connectors);
    }

    String bootstrapServers() {
        return kafka.bootstrapServers();
    }

    URI captureUrl() {
        return capture.url();
    }

    String sourceUrl() {
        return source.jdbcUrl("postgres");
    }

    String targetUrl() {
        return targetUrl;
    }

    /** Source transactions applied so far, as the target's progress says; 0 while there is none. */
    long transactionsApplied() throws SQLException {
        return transactionsApplied(targetUrl);
    }

    static long transactionsApplied(String url) throws SQLException {
        String has = value(url, "SELECT to_regclass('pg2citus.progress') IS NOT NULL");
        return has.equals("f")
                ? 0
                : Long.parseLong(value(url, "SELECT coalesce(sum(transactions_applied), 0) FROM pg2citus.progress"));
    }

    /** Waits until everything committed on the source so far is applied. */
    void awaitCaughtUp() throws Exception {
        awaitCaughtUp(targetUrl);
    }

    void awaitCaughtUp(String url) throws Exception {
        String lsn = value(sourceUrl(), "SELECT pg_current_wal_lsn()");
        String query = "SELECT count(*) FROM pg2citus.progress WHERE greatest(applied_lsn, seen_lsn) >= '" + lsn + "'";
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CATCH_UP_SECONDS); System.nanoTime() < end; ) {
            if (value(url, query).equals("1")) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the target did not reach " + lsn + ": "
                + value(url, "SELECT row(p.*)::text FROM pg2citus.progress p"));
    }

    /** Row for row: as many rows, and the same. */
    void assertEqual() throws SQLException {
        assertEqual(targetUrl);
    }

    void assertEqual(String url) throws SQLException {
        assertThat(TwoTableLoad.digests(url)).isEqualTo(TwoTableLoad.digests(sourceUrl()));
    }

    static void execute(String url, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static String value(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() {
        try (source;
                kafka) {
            capture.close();
        }
    }
}
