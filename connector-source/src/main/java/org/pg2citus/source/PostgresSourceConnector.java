package org.pg2citus.source;

import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.pg2citus.source.slot.ExpectedSlot;
import org.pg2citus.source.slot.SourceCheck;

/**
 * Debezium's PostgreSQL connector, made safe for a migration: it resumes from the slot, sends every value as
 * PostgreSQL's own text, and everything in commit order to one topic.
 *
 * <p>What it fixes, and why, is in {@code RATIONALE.md} of this module.
 */
public final class PostgresSourceConnector extends PostgresConnector {

    private static final Set<String> ASKED_WITH =
            Set.of(SourceConfig.HOST, "database.user", "database.dbname", SourceConfig.SLOT, SourceConfig.PUBLICATION);

    private static final Map<SourceCheck.Subject, String> KEYS = Map.of(
            SourceCheck.Subject.SERVER, SourceConfig.HOST,
            SourceCheck.Subject.DATABASE, "database.dbname",
            SourceCheck.Subject.ROLE, "database.user",
            SourceCheck.Subject.SLOT, SourceConfig.SLOT,
            SourceCheck.Subject.PUBLICATION, SourceConfig.PUBLICATION);

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

    /** Reports every problem at once: of the settings, the server, the slot and the publication. */
    @Override
    public Config validate(Map<String, String> settings) {
        Map<String, List<String>> problems = SourceConfig.problems(settings);
        Map<String, ConfigValue> values = new LinkedHashMap<>();
        for (ConfigValue value : SourceConfig.DEFINITION.validate(settings)) {
            values.put(value.name(), withProblems(value.name(), value.value(), problems));
        }
        problems.forEach((key, messages) ->
                values.computeIfAbsent(key, unknown -> withProblems(unknown, settings.get(unknown), problems)));
        serverProblems(settings, problems.keySet())
                .forEach(problem -> values.get(KEYS.get(problem.subject())).addErrorMessage(problem.message()));
        return new Config(new ArrayList<>(values.values()));
    }

    private static ConfigValue withProblems(String key, Object value, Map<String, List<String>> problems) {
        return new ConfigValue(key, value, new ArrayList<>(), new ArrayList<>(problems.getOrDefault(key, List.of())));
    }

    /** Also when other settings are wrong: the server is asked if those that say where it is are sound. */
    private static List<SourceCheck.Problem> serverProblems(Map<String, String> settings, Set<String> wrong) {
        Map<String, String> sound = new LinkedHashMap<>(settings);
        sound.keySet().removeAll(wrong);
        if (!sound.keySet().containsAll(ASKED_WITH)
                || wrong.stream().anyMatch(key -> key.startsWith("database.") || key.startsWith("slot."))) {
            return List.of();
        }
        sound.putIfAbsent(SourceConfig.TOPIC_PREFIX, "validation");
        var debezium = new PostgresConnectorConfig(Configuration.from(sound));
        // Whether the slot moved since it was read is only known with Connect's offsets: the task asks that.
        var expected = new ExpectedSlot(
                sound.get(SourceConfig.SLOT),
                sound.get(SourceConfig.PUBLICATION),
                Optional.ofNullable(sound.get(SourceConfig.SYSTEM_IDENTIFIER)),
                Optional.empty());
        return SourceCheck.problems(debezium.getJdbcConfig(), expected);
    }

    /** Duplicates after a crash are part of the design: the sink drops them by their LSN. */
    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> settings) {
        return ExactlyOnceSupport.UNSUPPORTED;
    }
}
