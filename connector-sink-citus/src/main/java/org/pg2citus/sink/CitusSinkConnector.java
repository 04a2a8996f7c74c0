package org.pg2citus.sink;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/**
 * Applies whole source transactions to a Citus cluster, exactly once.
 *
 * <p>It always has one task: the order of events is what makes transactions whole.
 */
public final class CitusSinkConnector extends SinkConnector {

    private Map<String, String> properties = Map.of();

    @Override
    public String version() {
        return Version.CURRENT;
    }

    @Override
    public ConfigDef config() {
        return CitusSinkConfig.DEFINITION;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return CitusSinkTask.class;
    }

    @Override
    public void start(Map<String, String> props) {
        properties = Map.copyOf(props);
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return List.of(properties);
    }

    @Override
    public void stop() {
        // Nothing is held here: the task owns the connection.
    }

    /** Checks the settings together and against the live target; reports every problem at once. */
    @Override
    public Config validate(Map<String, String> props) {
        Config config = super.validate(props);
        List<Problem> problems = new ArrayList<>(SettingsCheck.of(props));
        boolean readable = config.configValues().stream()
                .noneMatch(value -> !value.errorMessages().isEmpty());
        if (readable) {
            problems.addAll(TargetCheck.of(new CitusSinkConfig(props)));
        }
        List<ConfigValue> values = new ArrayList<>(config.configValues());
        problems.forEach(problem -> report(values, problem));
        return new Config(values);
    }

    /** Settings that are Connect's own, not in the definition, become values too: Connect shows them beside its own. */
    private static void report(List<ConfigValue> values, Problem problem) {
        ConfigValue value = values.stream()
                .filter(known -> known.name().equals(problem.setting()))
                .findFirst()
                .orElseGet(() -> {
                    // Without a value: Connect would cast it to the type that its own definition gives the setting.
                    ConfigValue added = new ConfigValue(problem.setting());
                    values.add(added);
                    return added;
                });
        value.addErrorMessage(problem.message());
    }
}
