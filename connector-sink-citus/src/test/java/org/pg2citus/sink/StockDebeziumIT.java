package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.deploy.local.TestCitus;

/**
 * A stock Debezium connector with its snapshot and a topic for each table, a real broker and a real worker that is killed
 * while writers write: the target is the source.
 */
class StockDebeziumIT {

    /** {@code -Dpg2citus.stock.kills=50} for the long run, which is on plain PostgreSQL, too. */
    private static final int KILLS = Integer.getInteger("pg2citus.stock.kills", 1);

    private static final Duration TIMEOUT = Duration.ofMinutes(4);
    private static final String TABLES =
            """
            CREATE TABLE account (id bigint PRIMARY KEY, balance numeric(20,2) NOT NULL, note text);
            CREATE TABLE entry (account bigint, n bigint, amount numeric(20,2), PRIMARY KEY (account, n));
            """;

    private static PostgresServer servers;
    private static TestKafka kafka;
    private static Path directory;

    @BeforeAll
    static void start() throws Exception {
        servers = LocalPostgres.start(
                Map.of("wal_level", "logical", "fsync", "off", "max_replication_slots", "10", "max_wal_senders", "10"));
        directory = Files.createTempDirectory("pg2citus-stock-test");
        kafka = TestKafka.start(directory);
    }

    @AfterAll
    static void stop() {
        kafka.close();
        servers.close();
    }

    @Test
    void topicPerTable_onPlainPostgres_endsAsTheSource() throws Exception {
        Assumptions.assumeTrue(KILLS > 1, "only in the long run");
        run("plain", newDatabase("plain_target"));
    }

    @Test
    void topicPerTable_onCitus_endsAsTheSource() throws Exception {
        try (CitusDatabase target = TestCitus.database(reason -> Assumptions.abort(reason))) {
            run("citus", target.jdbcUrl());
        }
    }

    private static void run(String name, String target) throws Exception {
        String source = newDatabase(name + "_source");
        execute(source, TABLES + "INSERT INTO account SELECT i, 100, repeat('n', 3000) FROM generate_series(1, 200) i");
        execute(target, TABLES);
        if (name.equals("citus")) {
            execute(
                    target,
                    "SET citus.shard_count = 4; SELECT create_distributed_table('account', 'id'),"
                            + " create_distributed_table('entry', 'account')");
        }
        Path folder = Files.createDirectories(directory.resolve(name));
        List<Map<String, String>> connectors = List.of(stock(name), sink(name, target));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        // The snapshot is of a state that no writer changes: one that starts again is another test's.
        StockWorker worker = StockWorker.start(kafka.bootstrap(), folder, connectors);
        try {
            await(target, "SELECT count(*) FROM account", "200");
            Thread writer = new Thread(() -> write(source, stop, failure));
            writer.start();
            Random random = new Random(3);
            for (int kill = 0; kill < KILLS; kill++) {
                Thread.sleep(3_000 + random.nextInt(3_000));
                worker.kill();
                worker = StockWorker.start(kafka.bootstrap(), folder, connectors);
            }
            Thread.sleep(3_000);
            stop.set(true);
            writer.join();
            assertThat(failure.get()).isNull();
            execute(source, "INSERT INTO entry VALUES (-1, -1, 0)");
            await(target, "SELECT count(*) FROM entry WHERE account = -1", "1");
            for (String table : List.of("account", "entry")) {
                assertThat(digest(target, table)).as(table).isEqualTo(digest(source, table));
            }
            System.out.printf(
                    "%s: %d kills, %s transactions applied%n",
                    name, KILLS, value(target, "SELECT transactions_applied FROM pg2citus.progress"));
        } catch (Throwable e) {
            System.out.println(Files.readString(folder.resolve("worker.log"))
                    .lines()
                    .filter(line -> line.contains("ERROR") || line.contains("Caused by") || line.contains("Exception"))
                    .limit(30)
                    .reduce("", (all, line) -> all + "\n" + line));
            throw e;
        } finally {
            stop.set(true);
            worker.close();
        }
    }

    /** Transactions over both tables, with changed keys, unchanged large values, deletes and rollbacks. */
    private static void write(String url, AtomicBoolean stop, AtomicReference<Throwable> failure) {
        Random random = new Random(5);
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            long n = 0;
            while (!stop.get()) {
                for (int i = 1 + random.nextInt(6); i > 0; i--) {
                    int id = 1 + random.nextInt(150);
                    int amount = random.nextInt(50);
                    statement.execute("UPDATE account SET balance = balance + %d WHERE id = %d".formatted(amount, id));
                    statement.execute("INSERT INTO entry VALUES (%d, %d, %d)".formatted(id, n++, amount));
                }
                if (random.nextInt(5) == 0) {
                    statement.execute("DELETE FROM entry WHERE n = (SELECT min(n) FROM entry)");
                }
                if (random.nextInt(10) == 0) {
                    statement.execute("UPDATE account SET id = id + 100000 WHERE id = (SELECT max(id) FROM account"
                            + " WHERE id BETWEEN 151 AND 200)");
                }
                if (random.nextInt(8) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
                Thread.sleep(5);
            }
        } catch (SQLException | InterruptedException e) {
            failure.set(e);
        }
    }

    private static Map<String, String> stock(String name) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "name",
                name + "-stock",
                "connector.class",
                "io.debezium.connector.postgresql.PostgresConnector",
                "tasks.max",
                "1",
                "plugin.name",
                "pgoutput",
                "database.hostname",
                servers.host(),
                "database.port",
                String.valueOf(servers.port()),
                "database.user",
                servers.user(),
                "database.password",
                "",
                "database.dbname",
                name + "_source",
                "topic.prefix",
                name));
        settings.putAll(Map.of(
                "slot.name", name,
                "publication.name", name,
                "snapshot.mode", "initial",
                "provide.transaction.metadata", "true",
                "time.precision.mode", "adaptive_time_microseconds",
                "poll.interval.ms", "50",
                "producer.override.enable.idempotence", "true",
                "topic.creation.default.partitions", "1",
                "topic.creation.default.replication.factor", "1"));
        return settings;
    }

    private static Map<String, String> sink(String name, String target) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "name",
                name + "-sink",
                "connector.class",
                CitusSinkConnector.class.getName(),
                "topics.regex",
                name + "[.].*",
                // Topics appear with the first row and the first transaction; five minutes are the default.
                "consumer.override.metadata.max.age.ms",
                "1000"));
        settings.putAll(Map.of(
                CitusSinkConfig.CONNECTION_URL,
                target,
                CitusSinkConfig.CONNECTION_USER,
                "postgres",
                CitusSinkConfig.SOURCE_VALUES,
                CitusSinkConfig.TYPED,
                CitusSinkConfig.TOPIC_LAYOUT,
                CitusSinkConfig.PER_TABLE,
                CitusSinkConfig.TRANSACTION_TOPIC,
                name + ".transaction",
                "value.converter",
                "org.apache.kafka.connect.json.JsonConverter",
                "value.converter.replace.null.with.default",
                "false"));
        return settings;
    }

    private static String newDatabase(String name) throws SQLException {
        try (Connection connection = servers.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return servers.jdbcUrl(name);
    }

    private static void await(String url, String query, String expected) throws Exception {
        Instant deadline = Instant.now().plus(TIMEOUT);
        while (!value(url, query).equals(expected)) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("after %s %s is still %s".formatted(TIMEOUT, query, value(url, query)));
            }
            Thread.sleep(200);
        }
    }

    private static String digest(String url, String table) throws SQLException {
        return value(
                url,
                "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text COLLATE \"C\")), '') FROM (SELECT * FROM "
                        + table + ") t");
    }

    private static String value(String url, String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
