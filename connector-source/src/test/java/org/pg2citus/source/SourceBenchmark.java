package org.pg2citus.source;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.sink.decode.RecordDecoder;

/**
 * Rows per second from a slot's backlog into Kafka, and from Kafka to the sink's events: this connector beside the stock
 * Debezium connector of the same version, on the same backlog, in one run. Not a test: run it on a quiet machine.
 *
 * <p>{@code java -cp <the module's test class path> org.pg2citus.source.SourceBenchmark [transactions]}. With
 * {@code -Dpg2citus.avro.converter=<class>}, {@code -Dpg2citus.avro.registry=<url>} and the converter's jars on the class
 * path, Avro too.
 *
 * <p>Every cell is run twice in the same virtual machine; the first round is cold, the second warm.
 */
final class SourceBenchmark {

    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final long TIMEOUT_MS = 300_000;
    private static final int ROUNDS = 2;

    /** One way to get the backlog into a topic. */
    private record Cell(String name, Map<String, String> settings, boolean compact, boolean decodable) {}

    private record Measured(long rowsPerSecond, double bytesPerRow) {}

    private final TestSource source;
    private final Path directory = Files.createTempDirectory("pg2citus-benchmark");
    private final TestWorker worker;

    private SourceBenchmark(PostgresServer postgres) throws Exception {
        source = TestSource.of(postgres);
        worker = TestWorker.start(source.kafka().bootstrap(), directory, Map.of("plugin.discovery", "hybrid_warn"));
    }

    public static void main(String[] arguments) throws Exception {
        int transactions = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 50_000;
        try (PostgresServer postgres = LocalPostgres.start(
                Map.of("wal_level", "logical", "max_replication_slots", "60", "max_wal_senders", "60"))) {
            var benchmark = new SourceBenchmark(postgres);
            benchmark.run("TPC-B", "CALL tpcb(%d)".formatted(transactions), 4L * transactions);
            benchmark.run("1,000-row inserts", "CALL bulk(%d)".formatted(transactions / 250), 4L * transactions);
        }
        // The worker's threads are not ours to wait for.
        System.exit(0);
    }

    private void run(String shape, String load, long rows) throws Exception {
        TestSource.Database database = source.database("bench");
        createTables(database);
        database.execute("CREATE PUBLICATION " + database.name + " FOR ALL TABLES");
        List<Cell> cells = cells();
        for (int round = 1; round <= ROUNDS; round++) {
            for (int i = 0; i < cells.size(); i++) {
                database.execute("SELECT pg_create_logical_replication_slot('%s', 'pgoutput')"
                        .formatted(slot(database, i, round)));
            }
        }
        database.execute(load);
        for (int round = 1; round <= ROUNDS; round++) {
            for (int i = 0; i < cells.size(); i++) {
                Cell cell = cells.get(i);
                String topic = slot(database, i, round);
                Measured measured = capture(database, cell, topic, rows);
                System.out.printf(
                        "%s, %s, round %d: source %,d rows/s, %.1f bytes/row%s%n",
                        shape,
                        cell.name(),
                        round,
                        measured.rowsPerSecond(),
                        measured.bytesPerRow(),
                        cell.decodable() ? ", decode %,d rows/s".formatted(decode(cell, topic, rows)) : "");
            }
        }
    }

    private static String slot(TestSource.Database database, int cell, int round) {
        return "%s_%d_%d".formatted(database.name, cell, round);
    }

    private static void createTables(TestSource.Database database) throws SQLException {
        database.execute(
                "CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))",
                "CREATE TABLE tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84))",
                "CREATE TABLE branches (bid int PRIMARY KEY, bbalance int, filler char(88))",
                "CREATE TABLE history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))",
                "ALTER TABLE history REPLICA IDENTITY FULL",
                "CREATE TABLE bulk_row (id bigint PRIMARY KEY, name text, amount numeric(14,2), at timestamptz, doc jsonb)",
                "INSERT INTO accounts SELECT i, 1, 0, '' FROM generate_series(1, 100000) i",
                "INSERT INTO tellers SELECT i, 1, 0, '' FROM generate_series(1, 10) i",
                "INSERT INTO branches VALUES (1, 0, '')",
                """
                CREATE PROCEDURE tpcb(n int) LANGUAGE plpgsql AS $$
                DECLARE a int; t int; d int;
                BEGIN
                  PERFORM setseed(0.5);
                  FOR i IN 1..n LOOP
                    a := 1 + floor(random() * 100000); t := 1 + floor(random() * 10); d := floor(random() * 10000) - 5000;
                    UPDATE accounts SET abalance = abalance + d WHERE aid = a;
                    UPDATE tellers SET tbalance = tbalance + d WHERE tid = t;
                    UPDATE branches SET bbalance = bbalance + d WHERE bid = 1;
                    INSERT INTO history VALUES (t, 1, a, d, now(), NULL);
                    COMMIT;
                  END LOOP;
                END $$""",
                """
                CREATE PROCEDURE bulk(n int) LANGUAGE plpgsql AS $$
                BEGIN
                  FOR i IN 1..n LOOP
                    INSERT INTO bulk_row
                    SELECT i * 1000 + j, 'name ' || j, j, now(), jsonb_build_object('a', j, 'b', repeat('x', 60))
                    FROM generate_series(1, 1000) j;
                    COMMIT;
                  END LOOP;
                END $$""");
    }

    private static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.add(new Cell("Debezium, JSON without schemas", stock(json(false)), false, false));
        cells.add(new Cell("Debezium, JSON with schemas", stock(json(true)), false, false));
        String avro = System.getProperty("pg2citus.avro.converter");
        if (avro != null) {
            cells.add(new Cell("Debezium, Avro", stock(avro(avro)), false, false));
        }
        cells.add(new Cell("pg2citus, debezium envelope, JSON without schemas", envelope(json(false)), false, true));
        cells.add(new Cell("pg2citus, compact", Map.of("producer.override.compression.type", "none"), true, true));
        cells.add(new Cell("pg2citus, compact, lz4", Map.of("producer.override.compression.type", "lz4"), true, true));
        cells.add(
                new Cell("pg2citus, compact, zstd", Map.of("producer.override.compression.type", "zstd"), true, true));
        return cells;
    }

    private static Map<String, String> json(boolean schemas) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String part : new String[] {"key", "value"}) {
            settings.put(part + ".converter", JsonConverter.class.getName());
            settings.put(part + ".converter.schemas.enable", Boolean.toString(schemas));
        }
        return settings;
    }

    private static Map<String, String> avro(String converter) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String part : new String[] {"key", "value"}) {
            settings.put(part + ".converter", converter);
            settings.put(part + ".converter.apicurio.registry.url", System.getProperty("pg2citus.avro.registry"));
            settings.put(part + ".converter.apicurio.registry.auto-register", "true");
            settings.put(part + ".converter.apicurio.registry.as-confluent", "true");
            settings.put(part + ".converter.apicurio.registry.use-id", "contentId");
            settings.put(part + ".converter.apicurio.registry.headers.enabled", "false");
            // One topic has the records of many schemas.
            settings.put(
                    part + ".converter.apicurio.registry.artifact-resolver-strategy",
                    "io.apicurio.registry.serde.avro.strategy.RecordIdStrategy");
        }
        return settings;
    }

    private static Map<String, String> envelope(Map<String, String> converters) {
        Map<String, String> settings = new LinkedHashMap<>(converters);
        settings.put("topic.format", "debezium");
        return settings;
    }

    private static Map<String, String> stock(Map<String, String> converters) {
        Map<String, String> settings = new LinkedHashMap<>(converters);
        settings.put("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        settings.put("plugin.name", "pgoutput");
        settings.put("snapshot.mode", "no_data");
        settings.put("publication.autocreate.mode", "disabled");
        settings.put("slot.drop.on.stop", "false");
        settings.put("provide.transaction.metadata", "true");
        settings.put("extended.headers.enabled", "false");
        settings.put("statistics.metrics.enabled", "false");
        settings.put("max.batch.size", "8192");
        settings.put("max.queue.size", "32768");
        settings.put("transforms", "one");
        settings.put("transforms.one.type", "org.apache.kafka.connect.transforms.RegexRouter");
        settings.put("transforms.one.regex", ".*");
        return settings;
    }

    private Measured capture(TestSource.Database database, Cell cell, String topic, long rows) throws Exception {
        Map<String, String> settings = cell.compact() ? database.compactSettings() : database.settings();
        boolean stock = cell.settings().containsKey("connector.class");
        if (stock) {
            settings.keySet().removeAll(Set.of("topic", "topic.format", "mark.interval.ms"));
            settings.put("transforms.one.replacement", topic);
        } else {
            settings.put("topic", topic);
        }
        settings.putAll(cell.settings());
        settings.put("name", topic);
        settings.put("topic.prefix", topic);
        settings.put("slot.name", topic);
        settings.put("producer.override.linger.ms", "5");
        settings.put("producer.override.batch.size", "1048576");
        worker.create(topic, settings);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer();
                Admin admin =
                        Admin.create(Map.of("bootstrap.servers", source.kafka().bootstrap()))) {
            long nanos = awaitBacklog(consumer, new TopicPartition(topic, 0), cell.compact() ? 2 : rows);
            worker.delete(topic);
            return new Measured(rows * 1_000_000_000L / nanos, (double) bytes(admin, topic) / rows);
        }
    }

    /**
     * From the first record to the last: starting a task is not what is compared.
     *
     * @param least fewer records are not all; a converter that registers schemas pauses at first
     */
    private static long awaitBacklog(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long least)
            throws InterruptedException {
        long firstNanos = 0;
        long lastNanos = 0;
        long lastEnd = 0;
        long deadline = System.currentTimeMillis() + TIMEOUT_MS;
        while (System.currentTimeMillis() < deadline) {
            long end = end(consumer, partition);
            long now = System.nanoTime();
            // A mark of ours may come later: it is not of the backlog.
            if (end > lastEnd + (lastEnd == 0 || now - lastNanos < QUIET.toNanos() / 4 ? 0 : 3)) {
                firstNanos = lastEnd == 0 ? now : firstNanos;
                lastNanos = now;
                lastEnd = end;
            } else if (lastEnd >= least && now - lastNanos > QUIET.toNanos()) {
                return lastNanos - firstNanos;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("the backlog did not arrive");
    }

    private static long end(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition) {
        try {
            return consumer.endOffsets(List.of(partition), Duration.ofSeconds(1))
                    .getOrDefault(partition, 0L);
        } catch (org.apache.kafka.common.errors.TimeoutException e) {
            return 0; // Not there yet.
        }
    }

    private long bytes(Admin admin, String topic) throws Exception {
        return admin.describeLogDirs(List.of(1)).allDescriptions().get(30, TimeUnit.SECONDS).values().stream()
                .flatMap(directories -> directories.values().stream())
                .flatMap(logs -> logs.replicaInfos().entrySet().stream())
                .filter(replica -> replica.getKey().topic().equals(topic))
                .mapToLong(replica -> replica.getValue().size())
                .sum();
    }

    /** The whole topic is in memory before the clock starts. */
    private long decode(Cell cell, String topic, long rows) throws Exception {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            var partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (records.isEmpty() || records.get(records.size() - 1).offset() < end - 1) {
                consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
            }
        }
        Function<ConsumerRecord<byte[], byte[]>, SinkRecord> reader =
                cell.compact() ? SourceBenchmark::bytes : jsonReader();
        RecordDecoder decoder = RecordDecoder.ofTextSource();
        long events = 0;
        long started = System.nanoTime();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            events += decoder.decode(reader.apply(record)).size();
        }
        long nanos = System.nanoTime() - started;
        if (events < rows) {
            throw new AssertionError("%d events of %d rows".formatted(events, rows));
        }
        return rows * 1_000_000_000L / nanos;
    }

    private static SinkRecord bytes(ConsumerRecord<byte[], byte[]> record) {
        return new SinkRecord(record.topic(), 0, null, null, null, record.value(), record.offset());
    }

    private static Function<ConsumerRecord<byte[], byte[]>, SinkRecord> jsonReader() {
        var keys = new JsonConverter();
        keys.configure(Map.of("schemas.enable", "false"), true);
        var values = new JsonConverter();
        values.configure(Map.of("schemas.enable", "false"), false);
        return record -> new SinkRecord(
                record.topic(),
                0,
                null,
                keys.toConnectData(record.topic(), record.key()).value(),
                null,
                values.toConnectData(record.topic(), record.value()).value(),
                record.offset());
    }

    private KafkaConsumer<byte[], byte[]> consumer() throws Exception {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", source.kafka().bootstrap(), "max.partition.fetch.bytes", 8 << 20),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }
}
