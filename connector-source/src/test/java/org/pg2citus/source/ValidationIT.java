package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigValue;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.PostgresServer;

/** What the connector says about a source before it is started. */
final class ValidationIT {

    private TestSource.Database database;

    @BeforeEach
    void createDatabase() throws Exception {
        database = TestSource.shared().database("validation");
    }

    @Test
    void soundSource_hasNoProblem() throws Exception {
        database.execute("CREATE TABLE item (id int PRIMARY KEY, name text)");
        database.createSlot();

        assertThat(problems(database.settings())).isEmpty();
        database.dropSlot(database.name);
    }

    @Test
    void everythingThatIsWrong_isNamedAtOnce() throws Exception {
        database.execute(
                "CREATE TABLE without (id int)",
                "CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE)",
                "CREATE TABLE nothing (id int PRIMARY KEY)",
                "ALTER TABLE nothing REPLICA IDENTITY NOTHING",
                "CREATE TABLE \"Whole\" (id int)",
                "ALTER TABLE \"Whole\" REPLICA IDENTITY FULL",
                "CREATE TABLE parts (id int) PARTITION BY RANGE (id)",
                "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (10)",
                "CREATE PUBLICATION " + database.name
                        + " FOR ALL TABLES WITH (publish = 'insert, update', publish_via_partition_root)");
        Map<String, String> settings = database.settings();
        settings.put("transforms", "drop");
        settings.remove("topic");

        Map<String, List<String>> problems = problems(settings);

        assertThat(problems).containsOnlyKeys("slot.name", "publication.name", "transforms", "topic");
        assertThat(problems.get("slot.name")).singleElement().asString().startsWith("SR010");
        assertThat(problems.get("publication.name"))
                .hasSize(2)
                .anySatisfy(problem -> assertThat(problem).startsWith("SR016").contains("some operations"));
        assertThat(problems.get("publication.name")).anySatisfy(problem -> assertThat(problem)
                .startsWith("SR004")
                .contains(": public.deferred, public.nothing, public.part, public.parts, public.without. "));
    }

    @Test
    void rowsAndColumnsThatThePublicationLeavesOut_areRefused() throws Exception {
        Assumptions.assumeTrue(TestSource.shared().majorVersion() >= 15, "row filters came with PostgreSQL 15");
        database.execute(
                "CREATE TABLE item (id int PRIMARY KEY, name text)",
                "CREATE TABLE other (id int PRIMARY KEY, name text)",
                "CREATE PUBLICATION " + database.name + " FOR TABLE item WHERE (id > 1), other (id)",
                "SELECT pg_create_logical_replication_slot('" + database.name + "', 'pgoutput')");

        assertThat(problems(database.settings())).containsOnlyKeys("publication.name");
        assertThat(problems(database.settings()).get("publication.name"))
                .singleElement()
                .asString()
                .contains("some rows of public.item.", "some columns of public.other.");
        database.dropSlot(database.name);
    }

    @Test
    void roleWithoutReplication_isNamed() throws Exception {
        database.createSlot();
        database.execute("CREATE ROLE plain_" + database.name + " LOGIN");
        Map<String, String> settings = database.settings();
        settings.put("database.user", "plain_" + database.name);

        Map<String, List<String>> problems = problems(settings);

        assertThat(problems).containsOnlyKeys("database.user");
        assertThat(problems.get("database.user")).singleElement().asString().contains("REPLICATION", "42501");
        database.dropSlot(database.name);
    }

    @Test
    void roleThatMayOnlyReplicate_isEnough() throws Exception {
        database.execute("CREATE TABLE item (id int PRIMARY KEY, name text)");
        database.createSlot();
        database.execute("CREATE ROLE capture_" + database.name + " LOGIN REPLICATION");
        Map<String, String> settings = database.settings();
        settings.put("database.user", "capture_" + database.name);

        assertThat(problems(settings)).isEmpty();
        database.execute("INSERT INTO item VALUES (1)", "ALTER TABLE item REPLICA IDENTITY FULL");
        database.execute("UPDATE item SET name = 'x'");
        try (TaskRun run = TaskRun.start(new PostgresSourceTask(), settings, new TaskRun.Offsets())) {
            run.pollTo(record -> "x".equals(Events.column(record, "name")));
        }
        database.dropSlot(database.name);
    }

    @Test
    void serverThatDoesNotAnswer_isNamed() throws Exception {
        Map<String, String> settings = database.settings();
        settings.put("database.port", "1");

        assertThat(problems(settings)).containsOnlyKeys("database.hostname");
    }

    @Test
    void serverWithoutLogicalWalAndWithoutFreeSlots_isNamed() throws Exception {
        try (PostgresServer postgres = TestSource.startServer(
                15, Map.of("wal_level", "replica", "max_replication_slots", "1", "max_wal_senders", "2"))) {
            database = TestSource.of(postgres).database("replica");
            database.execute("CREATE PUBLICATION " + database.name + " FOR ALL TABLES");
            database.execute("SELECT pg_create_physical_replication_slot('other')");

            Map<String, List<String>> problems = problems(database.settings());

            assertThat(problems).containsOnlyKeys("database.hostname", "slot.name");
            assertThat(problems.get("database.hostname"))
                    .hasSize(2)
                    .anySatisfy(problem -> assertThat(problem).contains("wal_level is replica"))
                    .anySatisfy(problem -> assertThat(problem).contains("all 1 replication slots"));
        }
    }

    @Test
    void serverWithoutAFreeSender_isNamed() throws Exception {
        try (PostgresServer postgres = TestSource.startServer(15, Map.of("max_wal_senders", "1"))) {
            database = TestSource.of(postgres).database("senders");
            database.createSlot();
            try (TaskRun run = TaskRun.start(new PostgresSourceTask(), database.settings(), new TaskRun.Offsets())) {
                run.poll();

                Map<String, List<String>> problems = problems(database.settings());

                assertThat(problems).containsOnlyKeys("database.hostname");
                assertThat(problems.get("database.hostname"))
                        .singleElement()
                        .asString()
                        .contains("max_wal_senders", "53300");
            }
        }
    }

    @Test
    void databaseOfUnknownEncoding_isRefused() throws Exception {
        TestSource source = TestSource.shared();
        String name = "ascii" + database.name;
        try (Connection connection = source.postgres.connect("postgres")) {
            TestSource.execute(connection, "CREATE DATABASE " + name + " ENCODING 'SQL_ASCII' TEMPLATE template0");
        }
        try (Connection connection = source.postgres.connect(name)) {
            TestSource.execute(
                    connection,
                    "CREATE PUBLICATION " + database.name + " FOR ALL TABLES",
                    "SELECT pg_create_logical_replication_slot('" + database.name + "', 'pgoutput')");
        }
        Map<String, String> settings = database.settings();
        settings.put("database.dbname", name);

        assertThat(problems(settings)).containsOnlyKeys("database.dbname");
        assertThat(problems(settings).get("database.dbname"))
                .singleElement()
                .asString()
                .startsWith("SR003")
                .contains("SQL_ASCII");
        try (Connection connection = source.postgres.connect(name)) {
            TestSource.execute(connection, "SELECT pg_drop_replication_slot('" + database.name + "')");
        }
    }

    private static Map<String, List<String>> problems(Map<String, String> settings) {
        Map<String, List<String>> problems = new TreeMap<>();
        for (ConfigValue value :
                new PostgresSourceConnector().validate(settings).configValues()) {
            if (!value.errorMessages().isEmpty()) {
                problems.put(value.name(), new ArrayList<>(value.errorMessages()));
            }
        }
        return problems;
    }
}
