package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsCheckTest {

    private static final String JSON = "org.apache.kafka.connect.json.JsonConverter";

    private static List<String> problems(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of("topics", "stream", "tasks.max", "1"));
        all.putAll(settings);
        return SettingsCheck.of(all).stream().map(Problem::setting).toList();
    }

    @Test
    void settingsOfTheRunner_areGood() {
        assertThat(problems(Map.of(
                        "errors.tolerance", "none",
                        "key.converter", JSON,
                        "value.converter", JSON,
                        "value.converter.schemas.enable", "false",
                        "header.converter", JSON,
                        "consumer.override.auto.offset.reset", "earliest",
                        "consumer.override.isolation.level", "read_committed",
                        "consumer.override.max.poll.interval.ms", "3600000")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "errors.tolerance, all",
        "errors.deadletterqueue.topic.name, dead",
        "topics, 'a,b'",
        "topics.regex, stream.*",
        "tasks.max, 2",
        "value.converter, org.apache.kafka.connect.storage.StringConverter",
        "key.converter, org.apache.kafka.connect.converters.ByteArrayConverter",
        "header.converter, org.apache.kafka.connect.storage.SimpleHeaderConverter",
        "consumer.override.isolation.level, read_uncommitted",
        "consumer.override.auto.offset.reset, latest",
        "consumer.override.auto.offset.reset, by_duration:PT1H",
        "consumer.override.enable.auto.commit, true",
        "consumer.override.max.poll.interval.ms, 4999",
        "retry.backoff.ms, 20000",
        "lock.timeout.ms, 130000",
        "batch.max.bytes, 200000000",
    })
    void settingThatBreaksAPromise_isReportedUnderItsName(String setting, String value) {
        assertThat(problems(Map.of(setting, value))).containsExactly(setting);
    }

    @ParameterizedTest
    @CsvSource({
        "org.apache.kafka.connect.transforms.Filter",
        "io.debezium.transforms.ExtractNewRecordState",
        "io.debezium.transforms.Filter$Value",
        "org.apache.kafka.connect.transforms.DropHeaders",
    })
    void transformThatTakesRecordsApart_isReported(String type) {
        assertThat(problems(Map.of("transforms", "first, second", "transforms.second.type", type)))
                .containsExactly("transforms.second.type");
    }

    @Test
    void otherTransforms_areTheOperatorsBusiness() {
        assertThat(problems(Map.of(
                        "transforms", "mask",
                        "transforms.mask.type", "org.apache.kafka.connect.transforms.MaskField$Value")))
                .isEmpty();
    }

    @Test
    void typedSource_needsNullsAndSchemas() {
        assertThat(problems(Map.of("source.values", "typed"))).containsExactly("source.values");
        Map<String, String> json = Map.of(
                "source.values", "typed",
                "value.converter", JSON,
                "value.converter.replace.null.with.default", "false");
        assertThat(problems(json)).isEmpty();
        Map<String, String> bare = new HashMap<>(json);
        bare.put("value.converter.schemas.enable", "false");
        assertThat(problems(bare)).containsExactly("value.converter.schemas.enable");
        assertThat(problems(Map.of("source.values", "typed", "value.converter", JSON)))
                .containsExactly("source.values");
        assertThat(problems(
                        Map.of("source.values", "typed", "value.converter", "io.confluent.connect.avro.AvroConverter")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "org.apache.kafka.connect.json.JsonConverter, value.converter.replace.null.with.default, false, true",
        "org.apache.kafka.connect.json.JsonConverter, value.converter.replace.null.with.default, true, false",
        "org.apache.kafka.connect.json.JsonConverter, value.converter.ignore.default.for.nullables, true, false",
        "io.confluent.connect.avro.AvroConverter, value.converter.ignore.default.for.nullables, true, true",
        "io.confluent.connect.avro.AvroConverter, value.converter.ignore.default.for.nullables, false, false",
        "io.confluent.connect.avro.AvroConverter, value.converter.replace.null.with.default, false, false",
        "io.apicurio.registry.utils.converter.AvroConverter, value.converter.ignore.default.for.nullables, true, false",
    })
    void nulls_areKeptByConvertersThatAreToldTo(String converter, String key, String value, boolean kept) {
        assertThat(SettingsCheck.keepsNulls(Map.of("value.converter", converter, key, value)))
                .isEqualTo(kept);
    }

    @Test
    void topicPerTable_isNotReadFromCompactRecords() {
        Map<String, String> stock = Map.of(
                "topics", "app.t,app.transaction",
                "topic.layout", "per-table",
                "transaction.topic", "app.transaction");
        assertThat(problems(stock)).isEmpty();
        Map<String, String> compact = new HashMap<>(stock);
        compact.put("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter");
        assertThat(problems(compact)).containsExactly("value.converter");
    }

    @Test
    void severalProblems_areAllReported() {
        assertThat(problems(Map.of("errors.tolerance", "all", "tasks.max", "8", "topics.regex", ".*")))
                .containsExactlyInAnyOrder("errors.tolerance", "tasks.max", "topics.regex");
    }

    @Test
    void valuesThatAreNoNumbers_areLeftToTheirOwnValidators() {
        assertThat(problems(Map.of("tasks.max", "many", "lock.timeout.ms", "x")))
                .isEmpty();
    }
}
