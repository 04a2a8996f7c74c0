package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CitusSinkConfigTest {

    private static final Path REFERENCE = Path.of("CONFIG.md");

    private static final Map<String, String> LEAST = Map.of(
            CitusSinkConfig.CONNECTION_URL, "jdbc:postgresql://localhost/app",
            CitusSinkConfig.CONNECTION_USER, "app");

    @Test
    void reference_isWhatTheDefinitionSays() throws IOException {
        String expected = reference();
        String found = Files.exists(REFERENCE) ? Files.readString(REFERENCE, StandardCharsets.UTF_8) : "";
        if (!found.equals(expected)) {
            Path fresh = Path.of("target", "CONFIG.md");
            Files.writeString(fresh, expected, StandardCharsets.UTF_8);
            assertThat(found)
                    .as("CONFIG.md is not up to date: copy %s over it", fresh)
                    .isEqualTo(expected);
        }
    }

    @Test
    void defaults_areValid() {
        CitusSinkConfig config = new CitusSinkConfig(LEAST);
        assertThat(config.getString(CitusSinkConfig.PIPELINE)).isEqualTo("default");
        assertThat(config.target().toString()).doesNotContain("password");
    }

    @ParameterizedTest
    @CsvSource({
        "connection.url, mysql://localhost/app",
        "connection.user, ''",
        "pipeline, ''",
        "batch.max.rows, 0",
        "batch.max.rows, many",
        "transaction.memory.max.rows, 0",
        "synchronous.commit, maybe",
        "synchronous.commit, off",
        "source.values, csv",
        "topic.offset.gap.max, -1",
        "topic.layout, mixed",
        "batch.max.age.ms, -1",
        "queue.max.events, 0",
        "queue.max.bytes, 0",
        "transaction.wait.timeout.ms, 0",
        "retry.max.attempts, 0",
        "lock.timeout.ms, 0",
    })
    void constructor_withABadValue_namesTheKey(String key, String value) {
        Map<String, String> settings = new HashMap<>(LEAST);
        settings.put(key, value);
        assertThatThrownBy(() -> new CitusSinkConfig(settings))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(key);
    }

    @Test
    void constructor_withABadUrl_doesNotShowIt() {
        Map<String, String> settings = new HashMap<>(LEAST);
        settings.put(CitusSinkConfig.CONNECTION_URL, "postgres://app:secret@localhost/app");
        assertThatThrownBy(() -> new CitusSinkConfig(settings)).hasMessageNotContaining("secret");
    }

    private static String reference() {
        StringBuilder text = new StringBuilder("# Settings of the Citus sink connector\n\n");
        text.append("Connector class: `org.pg2citus.sink.CitusSinkConnector`. Made from the connector's definition by ")
                .append("`CitusSinkConfigTest`.\n");
        String group = "";
        for (ConfigDef.ConfigKey key : CitusSinkConfig.DEFINITION.configKeys().values()) {
            if (!key.group.equals(group)) {
                group = key.group;
                text.append("\n## ")
                        .append(group)
                        .append("\n\n| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |\n");
            }
            text.append("| `")
                    .append(key.name)
                    .append("` | ")
                    .append(key.type.name().toLowerCase(java.util.Locale.ROOT))
                    .append(" | ")
                    .append(shownDefault(key))
                    .append(" | ")
                    .append(key.documentation)
                    .append(" |\n");
        }
        return text.toString();
    }

    private static String shownDefault(ConfigDef.ConfigKey key) {
        if (!key.hasDefault()) {
            return "required";
        }
        return key.type == ConfigDef.Type.PASSWORD ? "none" : "`" + key.defaultValue + "`";
    }
}
