package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigValue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;

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
        assertThat(problems.get(CitusSinkConfig.PIPELINE)).hasSize(2);
    }

    @Test
    void validate_ofSeveralTopics_refuses() {
        assertThat(problems(Map.of("topics", "a,b"))).containsOnlyKeys(CitusSinkConfig.TOPIC_LAYOUT);
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
        assertThat(problems(Map.of(
                        CitusSinkConfig.SOURCE_VALUES, "typed", "value.converter.replace.null.with.default", "false")))
                .isEmpty();
    }

    @Test
    void validate_ofSeveralBadSettings_reportsAll() {
        assertThat(problems(Map.of(CitusSinkConfig.BATCH_MAX_ROWS, "0", CitusSinkConfig.SOURCE_VALUES, "csv")))
                .containsOnlyKeys(CitusSinkConfig.BATCH_MAX_ROWS, CitusSinkConfig.SOURCE_VALUES);
    }

    private static Map<String, List<String>> problems(Map<String, String> changes) {
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
        return new CitusSinkConnector()
                .validate(settings).configValues().stream()
                        .filter(value -> !value.errorMessages().isEmpty())
                        .collect(Collectors.toMap(ConfigValue::name, ConfigValue::errorMessages));
    }
}
