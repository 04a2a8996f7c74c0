package org.pg2citus.runner.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.runner.stream.EmbeddedKafka;

/**
 * Both connectors, and a stock Debezium connector, on a real worker with each kind of converter: types, NULLs and unchanged
 * TOAST values end as they are on the source.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConvertersIT {

    private static final String JSON = "org.apache.kafka.connect.json.JsonConverter";
    private static final String AVRO = "io.apicurio.registry.utils.converter.AvroConverter";

    /** Where {@code src/test/registry/pom.xml} put the registry and its converter. */
    private static final Optional<Path> REGISTRY =
            Optional.ofNullable(System.getProperty("pg2citus.registry")).map(Path::of);

    private static final String[] SCHEMA = {
        "CREATE TABLE sample (id int PRIMARY KEY, big bigint, price numeric(12,2), ok boolean, at timestamptz, day date,"
                + " doc jsonb, raw bytea, tag uuid, note text, body text)",
        "ALTER TABLE sample ALTER body SET STORAGE EXTERNAL"
    };

    /** What only PostgreSQL's own text carries. */
    private static final String[] EXACT_SCHEMA = {
        "CREATE TABLE exact (id int PRIMARY KEY, n numeric, i interval, t timestamptz, a text[], p point,"
                + " d text DEFAULT 'not null')"
    };

    private static final String[] CHANGES = {
        "INSERT INTO sample SELECT i, i * 10000000000, i + 0.5, i % 2 = 0, '2024-02-29 12:00:00.123456+02', '1999-12-31',"
                + " '{\"a\": [1, null, \"x\"]}', '\\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'né\"\\',"
                + " (SELECT string_agg(md5(i::text || g), '') FROM generate_series(1, 150) g) FROM generate_series(1, 20) i",
        "INSERT INTO sample (id) VALUES (100)",
        "UPDATE sample SET big = big + 1 WHERE id < 10",
        "UPDATE sample SET note = NULL, price = NULL WHERE id = 3",
        "UPDATE sample SET id = 1000 WHERE id = 4",
        "DELETE FROM sample WHERE id = 5"
    };

    private static final String[] EXACT_CHANGES = {
        "INSERT INTO exact VALUES (1, 'NaN', '1 mon 2 days 00:00:00.000001', 'infinity', '{a,NULL,\"NULL\"}', '(1,2)', NULL)",
        "INSERT INTO exact (id) VALUES (2)",
        "UPDATE exact SET n = 1.000 WHERE id = 2"
    };

    private Path directory;
    private PostgresServer postgres;
    private EmbeddedKafka kafka;
    private Process registry;
    private String registryUrl;

    @BeforeAll
    void start(@TempDir Path temporary) throws Exception {
        directory = temporary;
        postgres = LocalPostgres.start(Map.of("wal_level", "logical", "fsync", "off"));
        kafka = EmbeddedKafka.start(directory.resolve("kafka"));
    }

    @AfterAll
    void stop() {
        if (registry != null) {
            registry.destroyForcibly();
        }
        kafka.close();
        postgres.close();
    }

    @Test
    void ownSource_throughJsonWithoutSchemas_isEqual() throws Exception {
        run("plainjson", ownSource(), Map.of(), json(false), true);
    }

    @Test
    void ownSource_throughJsonWithSchemas_isEqual() throws Exception {
        run("schemajson", ownSource(), Map.of(), json(true), true);
    }

    @Test
    void stockSource_throughJsonWithSchemas_isEqual() throws Exception {
        Map<String, String> converters = new HashMap<>(json(true));
        converters.put("value.converter.replace.null.with.default", "false");
        run("stockjson", stockSource(), Map.of("source.values", "typed"), converters, false);
    }

    @Test
    void ownSource_throughAvro_isEqual() throws Exception {
        run("ownavro", ownSource(), Map.of(), avro(), true);
    }

    @Test
    void stockSource_throughAvro_isEqual() throws Exception {
        run("stockavro", stockSource(), Map.of("source.values", "typed"), avro(), false);
    }

    private static Map<String, String> json(boolean schemas) {
        return Map.of(
                "key.converter",
                JSON,
                "key.converter.schemas.enable",
                String.valueOf(schemas),
                "value.converter",
                JSON,
                "value.converter.schemas.enable",
                String.valueOf(schemas));
    }

    /** In Confluent's wire format. The topic has records of many schemas: each is registered under its own name. */
    private Map<String, String> avro() throws Exception {
        if (REGISTRY.isEmpty()) {
            System.out.println(
                    "SKIPPED, no schema registry: see pipeline-runner/src/test/registry/pom.xml for how to test Avro");
            Assumptions.abort("-Dpg2citus.registry is not given");
        }
        startRegistry(REGISTRY.get());
        Map<String, String> converters = new HashMap<>();
        for (String part : List.of("key", "value")) {
            converters.put(part + ".converter", AVRO);
            converters.put(part + ".converter.apicurio.registry.url", registryUrl);
            converters.put(part + ".converter.apicurio.registry.auto-register", "true");
            converters.put(part + ".converter.apicurio.registry.as-confluent", "true");
            converters.put(part + ".converter.apicurio.registry.use-id", "contentId");
            // The schema's id belongs into the payload; in headers it is binary, which no header converter reads back.
            converters.put(part + ".converter.apicurio.registry.headers.enabled", "false");
            converters.put(
                    part + ".converter.apicurio.registry.artifact-resolver-strategy",
                    "io.apicurio.registry.serde.avro.strategy.RecordIdStrategy");
        }
        return converters;
    }

    private static Map<String, String> ownSource() {
        return Map.of(
                "connector.class", "org.pg2citus.source.PostgresSourceConnector",
                "topic.format", "debezium",
                "mark.interval.ms", "200",
                "producer.override.enable.idempotence", "true");
    }

    /** On one ordered topic, with the boundaries of transactions. */
    private static Map<String, String> stockSource() {
        Map<String, String> source = new HashMap<>(Map.of(
                "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
                "plugin.name", "pgoutput",
                "provide.transaction.metadata", "true",
                "snapshot.mode", "no_data",
                "tombstones.on.delete", "false",
                "skipped.operations", "none",
                "poll.interval.ms", "50"));
        source.putAll(Map.of(
                "transforms", "one",
                "transforms.one.type", "org.apache.kafka.connect.transforms.RegexRouter",
                "transforms.one.regex", ".*"));
        return source;
    }

    private void run(
            String name,
            Map<String, String> sourceSettings,
            Map<String, String> sinkSettings,
            Map<String, String> converters,
            boolean exact)
            throws Exception {
        String source = database(name + "_source", exact);
        String target = database(name + "_target", exact);
        TestPipeline.execute(
                source,
                "CREATE PUBLICATION %s FOR ALL TABLES".formatted(name),
                "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(name));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(name, Optional.of(1), Optional.of((short) 1))))
                    .all()
                    .get(60, TimeUnit.SECONDS);
        }
        Map<String, String> capture = new HashMap<>(Map.of(
                "name",
                "capture-" + name,
                "database.hostname",
                postgres.host(),
                "database.port",
                String.valueOf(postgres.port()),
                "database.user",
                postgres.user(),
                "database.dbname",
                name + "_source",
                "slot.name",
                name,
                "publication.name",
                name,
                "topic.prefix",
                name));
        capture.putAll(sourceSettings);
        capture.put(capture.containsKey("transforms") ? "transforms.one.replacement" : "topic", name);
        Map<String, String> sink = new HashMap<>(Map.of(
                "name",
                "sink-" + name,
                "connector.class",
                "org.pg2citus.sink.CitusSinkConnector",
                "topics",
                name,
                "pipeline",
                name,
                "connection.url",
                target,
                "connection.user",
                "postgres"));
        sink.putAll(sinkSettings);
        for (Map<String, String> connector : List.of(capture, sink)) {
            connector.putAll(converters);
            connector.put("header.converter", JSON);
        }
        try (ConnectWorker worker =
                ConnectWorker.launch(kafka.bootstrapServers(), directory, workerSettings(), List.of(capture, sink))) {
            worker.awaitTask("capture-" + name, "RUNNING");
            worker.awaitTask("sink-" + name, "RUNNING");
            TestPipeline.execute(source, CHANGES);
            if (exact) {
                TestPipeline.execute(source, EXACT_CHANGES);
            }
            TestPipeline.execute(source, "INSERT INTO sample (id) VALUES (-1)");
            awaitRow(target, worker, "sink-" + name);
            assertThat(rows(target, "sample")).isEqualTo(rows(source, "sample"));
            if (exact) {
                assertThat(rows(target, "exact")).isEqualTo(rows(source, "exact"));
            }
            worker.kill();
        }
    }

    private Map<String, String> workerSettings() throws IOException {
        if (REGISTRY.isEmpty()) {
            return Map.of();
        }
        Path plugins = REGISTRY.get().resolve("plugins");
        // The converter's archive says nothing of itself; without this the worker would have to scan all classes.
        Path services = plugins.resolve("apicurio-converter").resolve("services.jar");
        if (!Files.exists(services)) {
            try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(services))) {
                jar.putNextEntry(new JarEntry("META-INF/services/org.apache.kafka.connect.storage.Converter"));
                jar.write((AVRO + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        return Map.of("plugin.path", plugins.toString());
    }

    private void startRegistry(Path folder) throws Exception {
        if (registry != null) {
            return;
        }
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path runner;
        try (var files = Files.walk(folder.resolve("server"))) {
            runner = files.filter(file -> file.getFileName().toString().endsWith("-runner.jar"))
                    .findFirst()
                    .orElseThrow();
        }
        registry = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx256m",
                        "-Dquarkus.http.host=127.0.0.1",
                        "-Dquarkus.http.port=" + port,
                        "-jar",
                        runner.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("registry.log").toFile())
                .start();
        registryUrl = "http://127.0.0.1:" + port + "/apis/registry/v2";
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest subjects = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + port + "/apis/ccompat/v7/subjects"))
                .timeout(Duration.ofSeconds(10))
                .build();
        for (int attempt = 0; attempt < 600; attempt++) {
            try {
                if (http.send(subjects, HttpResponse.BodyHandlers.ofString()).statusCode() == 200) {
                    return;
                }
            } catch (IOException e) {
                // It does not listen yet.
            }
            Thread.sleep(200);
        }
        throw new AssertionError("the registry does not start: " + Files.readString(directory.resolve("registry.log")));
    }

    private String database(String name, boolean exact) throws SQLException {
        TestPipeline.execute(postgres.jdbcUrl("postgres"), "CREATE DATABASE " + name);
        String url = postgres.jdbcUrl(name);
        TestPipeline.execute(url, SCHEMA);
        if (exact) {
            TestPipeline.execute(url, EXACT_SCHEMA);
        }
        return url;
    }

    private static void awaitRow(String target, ConnectWorker worker, String sink) throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120); System.nanoTime() < end; ) {
            if (TestPipeline.value(target, "SELECT count(*) FROM sample WHERE id = -1")
                    .equals("1")) {
                return;
            }
            if (worker.task(sink).path("state").asText().equals("FAILED")) {
                break;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the last row is not there: " + worker.task(sink) + "\n" + worker.log());
    }

    private static String rows(String url, String table) throws SQLException {
        return TestPipeline.value(url, "SELECT string_agg(t::text, E'\\n' ORDER BY id) FROM %s t".formatted(table));
    }
}
