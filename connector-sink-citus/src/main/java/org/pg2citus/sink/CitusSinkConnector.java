package org.pg2citus.sink;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
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

    private static final int CONNECT_TIMEOUT_SECONDS = 10;

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
        refuseSkippingOfRecords(props, config);
        TopicsCheck.check(props).forEach((key, message) -> report(config, key, message));
        refuseDefaultsForNull(props, config);
        boolean complete = config.configValues().stream()
                .noneMatch(value -> !value.errorMessages().isEmpty());
        if (complete) {
            checkTarget(new CitusSinkConfig(props), config);
        }
        return config;
    }

    private static void refuseSkippingOfRecords(Map<String, String> props, Config config) {
        if ("all".equals(props.get("errors.tolerance"))) {
            report(
                    config,
                    CitusSinkConfig.PIPELINE,
                    "errors.tolerance=all would skip records and break transactions;"
                            + " remove it: a record that cannot be applied stops the task");
        }
        String deadLetters = props.get("errors.deadletterqueue.topic.name");
        if (deadLetters != null && !deadLetters.isEmpty()) {
            report(
                    config,
                    CitusSinkConfig.PIPELINE,
                    "errors.deadletterqueue.topic.name would take single records out of transactions; remove it");
        }
    }

    /** Connect's converters put a column's default in place of NULL unless told not to, and nobody can see it behind them. */
    private static void refuseDefaultsForNull(Map<String, String> props, Config config) {
        String key = "value.converter.replace.null.with.default";
        if (CitusSinkConfig.TYPED.equals(props.get(CitusSinkConfig.SOURCE_VALUES)) && !"false".equals(props.get(key))) {
            report(
                    config,
                    CitusSinkConfig.SOURCE_VALUES,
                    "a typed source needs value.converter and " + key
                            + "=false among this connector's settings: otherwise NULL arrives as the column's default");
        }
    }

    private static void checkTarget(CitusSinkConfig settings, Config config) {
        Properties login = new Properties();
        login.setProperty("user", settings.getString(CitusSinkConfig.CONNECTION_USER));
        login.setProperty(
                "password",
                settings.getPassword(CitusSinkConfig.CONNECTION_PASSWORD).value());
        login.setProperty("connectTimeout", Integer.toString(CONNECT_TIMEOUT_SECONDS));
        login.setProperty("socketTimeout", Integer.toString(CONNECT_TIMEOUT_SECONDS));
        try (Connection connection =
                        DriverManager.getConnection(settings.getString(CitusSinkConfig.CONNECTION_URL), login);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT pg_is_in_recovery()")) {
            rows.next();
            if (rows.getBoolean(1)) {
                report(
                        config,
                        CitusSinkConfig.CONNECTION_URL,
                        "the target is a read-only standby; give the address of the primary coordinator");
            }
        } catch (SQLException e) {
            report(
                    config,
                    CitusSinkConfig.CONNECTION_URL,
                    "cannot use the target: %s (SQLSTATE %s); check address, database, role and password"
                            .formatted(e.getMessage(), e.getSQLState()));
        }
    }

    private static void report(Config config, String key, String message) {
        for (ConfigValue value : config.configValues()) {
            if (value.name().equals(key)) {
                value.addErrorMessage(message);
            }
        }
    }
}
