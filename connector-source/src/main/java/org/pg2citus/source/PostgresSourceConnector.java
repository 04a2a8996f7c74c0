package org.pg2citus.source;

import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.slot.SlotSession;

/**
 * Debezium's PostgreSQL connector, made safe for a migration: it resumes from the slot, sends every value as
 * PostgreSQL's own text, and everything in commit order to one topic.
 *
 * <p>What it fixes, and why, is in {@code RATIONALE.md} of this module.
 */
public final class PostgresSourceConnector extends PostgresConnector {

    private SourceConfig config;

    /** For Connect. */
    public PostgresSourceConnector() {}

    @Override
    public String version() {
        return SourceVersion.version();
    }

    @Override
    public Class<? extends Task> taskClass() {
        return PostgresSourceTask.class;
    }

    @Override
    public ConfigDef config() {
        return SourceConfig.DEFINITION;
    }

    @Override
    public void start(Map<String, String> settings) {
        config = new SourceConfig(settings);
        super.start(settings);
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        // Debezium reads some of them before our task can add them.
        return List.of(config.debezium());
    }

    /** Reports every problem at once: of the settings, and when they are sound, of the server and the slot. */
    @Override
    public Config validate(Map<String, String> settings) {
        Map<String, List<String>> problems = SourceConfig.problems(settings);
        Map<String, ConfigValue> values = new LinkedHashMap<>();
        for (ConfigValue value : SourceConfig.DEFINITION.validate(settings)) {
            values.put(value.name(), withProblems(value.name(), value.value(), problems));
        }
        problems.forEach((key, messages) ->
                values.computeIfAbsent(key, unknown -> withProblems(unknown, settings.get(unknown), problems)));
        if (problems.isEmpty()) {
            checkServer(new SourceConfig(settings))
                    .ifPresent(problem -> values.get(SourceConfig.SLOT).addErrorMessage(problem));
        }
        return new Config(new ArrayList<>(values.values()));
    }

    private static ConfigValue withProblems(String key, Object value, Map<String, List<String>> problems) {
        return new ConfigValue(key, value, new ArrayList<>(), new ArrayList<>(problems.getOrDefault(key, List.of())));
    }

    private static Optional<String> checkServer(SourceConfig config) {
        var debezium = new PostgresConnectorConfig(Configuration.from(config.debezium()));
        // Whether the slot moved since it was read is only known with Connect's offsets: the task asks that.
        try (var session =
                SlotSession.open(debezium.getJdbcConfig(), config.expectedSlot().anyPosition(), Optional.empty())) {
            return session.startLsn() == null ? Optional.of("the slot has no position") : Optional.empty();
        } catch (SourceFault e) {
            return Optional.of(e.getMessage());
        } catch (SQLException e) {
            return Optional.of(
                    "the source cannot be read: %s (SQLSTATE %s)".formatted(e.getMessage(), e.getSQLState()));
        }
    }

    /** Duplicates after a crash are part of the design: the sink drops them by their LSN. */
    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> settings) {
        return ExactlyOnceSupport.UNSUPPORTED;
    }
}
