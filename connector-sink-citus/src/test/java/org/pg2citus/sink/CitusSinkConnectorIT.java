package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigValue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.deploy.local.TestCitus;
import org.pg2citus.sink.apply.TargetWriter;
import org.pg2citus.sink.progress.StateSchema;

/** What {@code validate()} finds, with a live target. */
class CitusSinkConnectorIT {

    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = LocalPostgres.startWithPassword("right", Map.of());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void validate_ofGoodSettings_findsNothing() {
        assertThat(problems(Map.of())).isEmpty();
    }

    @Test
    void validate_withAWrongPassword_saysSoWithoutShowingIt() {
        Map<String, List<String>> problems = problems(Map.of(CitusSinkConfig.CONNECTION_PASSWORD, "wrong-one"));
        assertThat(problems).containsOnlyKeys(CitusSinkConfig.CONNECTION_URL);
        assertThat(problems.toString()).contains("28P01").doesNotContain("wrong-one");
    }

    @Test
    void validate_ofAnUnreachableTarget_saysSo() {
        Map<String, List<String>> problems =
                problems(Map.of(CitusSinkConfig.CONNECTION_URL, "jdbc:postgresql://127.0.0.1:1/app"));
        assertThat(problems).containsOnlyKeys(CitusSinkConfig.CONNECTION_URL);
        assertThat(problems.toString()).contains("08001");
    }

    @Test
    void validate_ofSettingsThatSkipRecords_refusesEach() {
        Map<String, List<String>> problems =
                problems(Map.of("errors.tolerance", "all", "errors.deadletterqueue.topic.name", "dead"));
        assertThat(problems).containsOnlyKeys("errors.tolerance", "errors.deadletterqueue.topic.name");
        assertThat(problems.toString()).contains("out of transactions");
    }

    @Test
    void validate_ofSettingsAndTarget_reportsBothAtOnce() {
        assertThat(problems(Map.of("topics", "a,b", "tasks.max", "3", CitusSinkConfig.CONNECTION_PASSWORD, "wrong")))
                .containsOnlyKeys("topics", "tasks.max", CitusSinkConfig.CONNECTION_URL);
    }

    @Test
    void validate_asARoleWithoutRights_namesWhatToGrant() throws Exception {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE validated");
            statement.execute("CREATE ROLE nobody LOGIN PASSWORD 'right'");
        }
        Map<String, String> asNobody = Map.of(
                CitusSinkConfig.CONNECTION_USER,
                "nobody",
                CitusSinkConfig.CONNECTION_URL,
                "jdbc:postgresql://127.0.0.1:%d/validated".formatted(server.port()));
        assertThat(problems(asNobody)).containsOnlyKeys(CitusSinkConfig.CONNECTION_USER);
        assertThat(problems(asNobody).toString()).contains("GRANT CREATE ON DATABASE");
        try (Connection connection = server.connect("validated");
                Statement statement = connection.createStatement()) {
            StateSchema.create(connection);
            assertThat(problems(asNobody).toString()).contains("GRANT USAGE ON SCHEMA pg2citus");
            statement.execute("GRANT USAGE ON SCHEMA pg2citus TO nobody");
            assertThat(problems(asNobody).toString())
                    .contains("needs SELECT, INSERT, UPDATE on pg2citus.progress")
                    .contains("needs SELECT, INSERT, UPDATE on pg2citus.copied_table");
            statement.execute("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA pg2citus TO nobody");
            assertThat(problems(asNobody)).isEmpty();
            statement.execute("CREATE TABLE \"Kept\" (id int PRIMARY KEY)");
            statement.execute("GRANT SELECT, INSERT ON \"Kept\" TO nobody");
            statement.execute("INSERT INTO pg2citus.copied_table (pipeline, table_schema, table_name, copy_lsn)"
                    + " VALUES ('default', 'public', 'Kept', '0/1'), ('default', 'public', 'gone', '0/1')");
            assertThat(problems(asNobody))
                    .containsOnlyKeys(CitusSinkConfig.CONNECTION_USER, CitusSinkConfig.CONNECTION_URL);
            assertThat(problems(asNobody).toString())
                    .contains("needs UPDATE, DELETE, TRUNCATE on public.\"Kept\"")
                    .contains("public.gone");
        }
    }

    @Test
    void validate_ofAPipelineInUse_refusesOtherConnectors_andLetsItsOwnBeChanged() throws Exception {
        CitusSinkConfig config = new CitusSinkConfig(settings(Map.of("name", "first", "pipeline", "used")));
        try (TargetWriter writer = TargetWriter.open(config.target(), "used", "stream", 0)) {
            assertThat(writer.progress().transactionsApplied()).isZero();
            assertThat(problems(Map.of("name", "second", "pipeline", "used")))
                    .containsOnlyKeys(CitusSinkConfig.PIPELINE);
            assertThat(problems(Map.of("name", "first", "pipeline", "used"))).isEmpty();
            assertThat(problems(Map.of("name", "second", "pipeline", "unused"))).isEmpty();
        }
        assertThat(problems(Map.of("name", "second", "pipeline", "used"))).isEmpty();
    }

    @Test
    void validate_ofACitusWorker_asksForTheCoordinator() throws Exception {
        try (CitusDatabase citus = TestCitus.database(reason -> Assumptions.abort(reason));
                Connection connection = citus.connect();
                Statement statement = connection.createStatement();
                ResultSet worker = statement.executeQuery(
                        "SELECT nodename, nodeport FROM pg_dist_node WHERE groupid > 0 LIMIT 1")) {
            worker.next();
            String onWorker =
                    citus.jdbcUrl().replaceFirst("//[^/]*/", "//" + worker.getString(1) + ":" + worker.getInt(2) + "/");
            assertThat(problems(Map.of(
                            CitusSinkConfig.CONNECTION_URL,
                            citus.jdbcUrl(),
                            CitusSinkConfig.CONNECTION_USER,
                            "postgres")))
                    .isEmpty();
            assertThat(problems(Map.of(
                                    CitusSinkConfig.CONNECTION_URL,
                                    onWorker,
                                    CitusSinkConfig.CONNECTION_USER,
                                    "postgres"))
                            .toString())
                    .contains("is a Citus worker");
        }
    }

    @Test
    void validate_ofATopicPerTable_findsNothing() {
        assertThat(problems(Map.of(
                        "topics",
                        "app.transaction,app.public.a",
                        CitusSinkConfig.TOPIC_LAYOUT,
                        "per-table",
                        CitusSinkConfig.TRANSACTION_TOPIC,
                        "app.transaction")))
                .isEmpty();
    }

    @Test
    void validate_ofATypedSourceWhoseNullsBecomeDefaults_refuses() {
        assertThat(problems(Map.of(CitusSinkConfig.SOURCE_VALUES, "typed")))
                .containsOnlyKeys(CitusSinkConfig.SOURCE_VALUES);
        String nulls = "value.converter.replace.null.with.default";
        assertThat(problems(Map.of(CitusSinkConfig.SOURCE_VALUES, "typed", nulls, "false")))
                .as("without a converter of its own Connect does not read the setting")
                .containsOnlyKeys(CitusSinkConfig.SOURCE_VALUES);
        assertThat(problems(Map.of(
                        CitusSinkConfig.SOURCE_VALUES,
                        "typed",
                        "value.converter",
                        "org.apache.kafka.connect.json.JsonConverter",
                        nulls,
                        "false")))
                .isEmpty();
    }

    @Test
    void validate_ofSeveralBadSettings_reportsAll() {
        assertThat(problems(Map.of(CitusSinkConfig.BATCH_MAX_ROWS, "0", CitusSinkConfig.SOURCE_VALUES, "csv")))
                .containsOnlyKeys(CitusSinkConfig.BATCH_MAX_ROWS, CitusSinkConfig.SOURCE_VALUES);
    }

    private static Map<String, String> settings(Map<String, String> changes) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "topics",
                "stream",
                CitusSinkConfig.CONNECTION_URL,
                "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(server.port()),
                CitusSinkConfig.CONNECTION_USER,
                server.user(),
                CitusSinkConfig.CONNECTION_PASSWORD,
                "right"));
        settings.putAll(changes);
        return settings;
    }

    private static Map<String, List<String>> problems(Map<String, String> changes) {
        return new CitusSinkConnector()
                .validate(settings(changes)).configValues().stream()
                        .filter(value -> !value.errorMessages().isEmpty())
                        .collect(Collectors.toMap(ConfigValue::name, ConfigValue::errorMessages));
    }
}
