package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

final class SourceConfigTest {

    private final Map<String, String> settings = new HashMap<>(Map.of(
            "value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter",
            "connector.class", "org.pg2citus.source.PostgresSourceConnector",
            "database.hostname", "db",
            "database.user", "capture",
            "database.dbname", "shop",
            "slot.name", "shop",
            "publication.name", "shop",
            "topic.prefix", "shop",
            "topic", "shop",
            "producer.override.enable.idempotence", "true"));

    @Test
    void smallestConfiguration_isAccepted() {
        assertThat(SourceConfig.problems(settings)).isEmpty();
    }

    @Test
    void severalProblems_areReportedAtOnce() {
        settings.remove("topic");
        settings.put("slot.name", "Upper");
        settings.put("snapshot.mode", "initial");
        settings.put("transforms", "drop");

        assertThat(SourceConfig.problems(settings))
                .containsOnlyKeys("topic", "slot.name", "snapshot.mode", "transforms");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> new SourceConfig(settings))
                .withMessageStartingWith("SR001")
                .withMessageContaining("transforms")
                .withMessageContaining("snapshot.mode");
    }

    @Test
    void everyFixedSetting_isRefusedWithAnotherValueAndAcceptedWithItsOwn() {
        for (FixedSetting fixed : FixedSetting.ALL) {
            settings.put(fixed.key(), fixed.value());
            assertThat(SourceConfig.problems(settings)).isEmpty();
            settings.put(fixed.key(), "another");
            assertThat(SourceConfig.problems(settings).get(fixed.key()))
                    .singleElement()
                    .asString()
                    .contains(fixed.reason());
            settings.remove(fixed.key());
        }
    }

    @Test
    void everyFixedSetting_isExplainedInTheRationale() throws Exception {
        String rationale = Files.readString(Path.of("RATIONALE.md"));

        assertThat(FixedSetting.ALL).isNotEmpty();
        for (FixedSetting fixed : FixedSetting.ALL) {
            assertThat(rationale)
                    .contains("| `%s` | `%s` | %s |".formatted(fixed.key(), fixed.value(), fixed.reason()));
        }
        assertThat(rationale.lines().filter(line -> line.startsWith("| `"))).hasSameSizeAs(FixedSetting.ALL);
    }

    @Test
    void safeSettingsOfDebeziumAndConnect_passThrough() {
        for (String setting : List.of(
                "database.sslmode=verify-full",
                "database.sslrootcert=/etc/ca.pem",
                "database.tcpKeepAlive=true",
                "retriable.restart.connector.wait.ms=500",
                "errors.max.retries=3",
                "tasks.max=1",
                "key.converter=org.apache.kafka.connect.storage.StringConverter",
                "producer.override.compression.type=zstd",
                "topic.creation.default.partitions=1")) {
            String[] keyAndValue = setting.split("=", 2);
            Map<String, String> given = settingsWith(setting);
            assertThat(SourceConfig.problems(given)).as(setting).isEmpty();
            assertThat(new SourceConfig(given).debezium()).containsEntry(keyAndValue[0], keyAndValue[1]);
        }
    }

    @Test
    void settingsThatCouldLoseRecords_areRefused() {
        for (String setting : List.of(
                "errors.tolerance=all",
                "producer.override.acks=1",
                "producer.override.enable.idempotence=false",
                "exactly.once.support=required",
                "table.exclude.list=public.big",
                "column.mask.hash.v2.x.with.salt.y=public.c",
                "message.key.columns=t:c",
                "database.options=-c datestyle=german",
                "column.truncate.to.10.chars=public.c",
                "decimal.handling.mode=double",
                "time.precision.mode=connect",
                "unavailable.value.placeholder=x",
                "schema.exclude.list=audit",
                "event.processing.failure.handling.mode=skip",
                "snapshot.mode=always",
                "slot.drop.on.stop=true",
                "offset.mismatch.strategy=trust_offset",
                "predicates=p")) {
            assertThat(SourceConfig.problems(settingsWith(setting))).as(setting).hasSize(1);
        }
    }

    /** The sound settings, and {@code key=value}. */
    private Map<String, String> settingsWith(String setting) {
        String[] keyAndValue = setting.split("=", 2);
        Map<String, String> given = new HashMap<>(settings);
        given.put(keyAndValue[0], keyAndValue[1]);
        return given;
    }

    @Test
    void textThatIsNoLsn_isRefusedAsCreationLsn() {
        settings.put("slot.creation.lsn", "12345");
        assertThat(SourceConfig.problems(settings)).containsOnlyKeys("slot.creation.lsn");

        settings.put("slot.creation.lsn", "16/B374D848");
        assertThat(SourceConfig.problems(settings)).isEmpty();
    }

    @Test
    void compactFormat_needsTheConverterThatLeavesBytesAlone() {
        settings.remove("value.converter");
        assertThat(SourceConfig.problems(settings).get("value.converter"))
                .singleElement()
                .asString()
                .contains("ByteArrayConverter", "not set", "topic.format=debezium");

        settings.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");
        assertThat(SourceConfig.problems(settings)).containsOnlyKeys("value.converter");

        settings.put("topic.format", "debezium");
        assertThat(SourceConfig.problems(settings)).isEmpty();

        settings.put("topic.format", "avro");
        assertThat(SourceConfig.problems(settings)).containsOnlyKeys("topic.format");
    }

    @Test
    void requestLimitBelowKafkasDefault_isRefused() {
        settings.put("producer.override.max.request.size", "1048575");
        assertThat(SourceConfig.problems(settings)).containsOnlyKeys("producer.override.max.request.size");
        settings.put("producer.override.max.request.size", "many");
        assertThat(SourceConfig.problems(settings)).containsOnlyKeys("producer.override.max.request.size");
        settings.put("producer.override.max.request.size", "1048576");
        assertThat(SourceConfig.problems(settings)).isEmpty();
    }

    @Test
    void debezium_isGivenTheFixedSettings() {
        Map<String, String> debezium = new SourceConfig(settings).debezium();

        for (FixedSetting fixed : FixedSetting.ALL) {
            assertThat(debezium).containsEntry(fixed.key(), fixed.value());
        }
        assertThat(debezium).containsEntry("database.hostname", "db");
        assertThat(SourceConfig.problems(debezium)).isEmpty();
    }
}
