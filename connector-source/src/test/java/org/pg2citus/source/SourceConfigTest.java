package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

final class SourceConfigTest {

    private final Map<String, String> settings = new HashMap<>(Map.of(
            "name", "shop",
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
                "predicates=p")) {
            Map<String, String> given = new HashMap<>(settings);
            int equals = setting.indexOf('=');
            given.put(setting.substring(0, equals), setting.substring(equals + 1));
            assertThat(SourceConfig.problems(given)).as(setting).hasSize(1);
        }
    }

    @Test
    void textThatIsNoLsn_isRefusedAsCreationLsn() {
        settings.put("slot.creation.lsn", "12345");
        assertThat(SourceConfig.problems(settings)).containsOnlyKeys("slot.creation.lsn");

        settings.put("slot.creation.lsn", "16/B374D848");
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
