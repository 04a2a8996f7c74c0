package org.pg2citus.sink;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the connector's settings, Connect's own among them, must not say: each would lose, skip or change records without
 * a word. Looks at the settings only.
 */
final class SettingsCheck {

    /** Put runs for half a second at most; a consumer that must poll more often than this would be thrown out by chance. */
    static final long LEAST_POLL_INTERVAL_MS = 5_000;

    private static final String OVERRIDE = "consumer.override.";

    /** The converter of compact records. */
    private static final String BYTES_CONVERTER = "org.apache.kafka.connect.converters.ByteArrayConverter";

    /** They make text, bytes or numbers of records; a change event has fields. */
    private static final Set<String> FLAT_CONVERTERS = Set.of(
            "org.apache.kafka.connect.storage.StringConverter",
            BYTES_CONVERTER,
            "org.apache.kafka.connect.converters.BooleanConverter",
            "org.apache.kafka.connect.converters.ShortConverter",
            "org.apache.kafka.connect.converters.IntegerConverter",
            "org.apache.kafka.connect.converters.LongConverter",
            "org.apache.kafka.connect.converters.FloatConverter",
            "org.apache.kafka.connect.converters.DoubleConverter");

    /** It makes numbers and dates of text that looks like them, and so other keys. */
    private static final String GUESSING_CONVERTER = "org.apache.kafka.connect.storage.SimpleHeaderConverter";

    private static final String JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";

    private static final String JSON_NULLS = "value.converter.replace.null.with.default";

    private static final String AVRO_NULLS = "value.converter.ignore.default.for.nullables";

    /** They do not read {@link #AVRO_NULLS}. */
    private static final String APICURIO = "io.apicurio.";

    /** By simple name, for packages differ between versions. */
    private static final Set<String> DROPPING_TRANSFORMS =
            Set.of("Filter", "ExtractNewRecordState", "ExtractNewDocumentState", "ContentBasedRouter", "DropHeaders");

    private final Map<String, String> settings;
    private final List<Problem> problems = new ArrayList<>();

    private SettingsCheck(Map<String, String> settings) {
        this.settings = settings;
    }

    /** Every problem, not only the first. */
    static List<Problem> of(Map<String, String> settings) {
        SettingsCheck check = new SettingsCheck(settings);
        check.errorHandling();
        check.problems.addAll(TopicsCheck.of(settings));
        check.tasks();
        check.converters();
        check.transforms();
        check.consumer();
        check.limits();
        return List.copyOf(check.problems);
    }

    /** Whether the converter of values leaves a NULL as it is where the column has a default. */
    static boolean keepsNulls(Map<String, String> settings) {
        return new SettingsCheck(settings).keepsNulls();
    }

    private boolean keepsNulls() {
        String converter = value("value.converter");
        return converter.equals(JSON_CONVERTER)
                ? value(JSON_NULLS).equals("false")
                : value(AVRO_NULLS).equals("true") && !converter.startsWith(APICURIO);
    }

    private void errorHandling() {
        if (value("errors.tolerance").equals("all")) {
            report(
                    "errors.tolerance",
                    "errors.tolerance=all would skip records and break transactions;"
                            + " remove it: a record that cannot be applied stops the task");
        }
        if (!value("errors.deadletterqueue.topic.name").isEmpty()) {
            report(
                    "errors.deadletterqueue.topic.name",
                    "a dead letter queue would take single records out of transactions, and later changes of the same rows"
                            + " would be applied without them; remove it");
        }
    }

    private void tasks() {
        if (number("tasks.max", 1) > 1) {
            report(
                    "tasks.max",
                    "the sink has one task, because the order of its topic partitions is what makes transactions whole;"
                            + " set tasks.max=1. It is faster by larger batches (batch.max.rows), not by more tasks");
        }
    }

    /** Records whose values are bytes are the compact ones, of one ordered topic; they have no fields to lose. */
    private boolean isCompact(String converter) {
        return converter.equals(BYTES_CONVERTER)
                && value("value.converter").equals(BYTES_CONVERTER)
                && !value(CitusSinkConfig.TOPIC_LAYOUT).equals(CitusSinkConfig.PER_TABLE);
    }

    private void converters() {
        for (String part : List.of("key", "value", "header")) {
            String key = part + ".converter";
            String converter = value(key);
            if (FLAT_CONVERTERS.contains(converter) && !isCompact(converter)) {
                report(
                        key,
                        "%s gives no fields: a change event cannot be read from it. Use the converter that the source uses, for example %s"
                                .formatted(converter, JSON_CONVERTER));
            }
            if (part.equals("header") && converter.equals(GUESSING_CONVERTER)) {
                report(
                        key,
                        "%s guesses types from text, so that the key 007 becomes 7; changed keys travel in headers. Use the converter that the source uses for headers, for example %s"
                                .formatted(converter, JSON_CONVERTER));
            }
        }
        if (!value(CitusSinkConfig.SOURCE_VALUES).equals(CitusSinkConfig.TYPED)) {
            return;
        }
        boolean isJson = value("value.converter").equals(JSON_CONVERTER);
        if (value("value.converter").isEmpty() || (isJson && !keepsNulls())) {
            // Connect's converters put a column's default in place of NULL, and nobody can see it behind them.
            report(
                    CitusSinkConfig.SOURCE_VALUES,
                    "a typed source needs value.converter and " + JSON_NULLS
                            + "=false among this connector's settings: otherwise NULL arrives as the column's default");
        }
        if (isJson && value("value.converter.schemas.enable").equals("false")) {
            report(
                    "value.converter.schemas.enable",
                    "a typed source's values mean nothing without their schemas (a date is a number of days); set it to true"
                            + " here and on the source");
        }
    }

    private void transforms() {
        for (String name : value("transforms").split(",", -1)) {
            String key = "transforms." + name.trim() + ".type";
            String type = value(key);
            String simple = type.substring(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1);
            String outer = type.replaceFirst("\\$.*", "");
            String outerSimple = outer.substring(outer.lastIndexOf('.') + 1);
            if (DROPPING_TRANSFORMS.contains(simple) || DROPPING_TRANSFORMS.contains(outerSimple)) {
                report(
                        key,
                        "%s takes records, or parts of them, out of transactions; remove it. Choose tables at the source (the publication)"
                                .formatted(type));
            }
        }
    }

    private void consumer() {
        refuse(
                "isolation.level",
                Set.of("read_uncommitted"),
                "would apply what the source's Kafka transaction took back; use read_committed");
        refuse("auto.offset.reset", Set.of("latest"), "would jump over records that are not applied yet; use earliest");
        refuse(
                "enable.auto.commit",
                Set.of("true"),
                "would tell Kafka of positions that are not durable in the target; remove it");
        if (value(OVERRIDE + "auto.offset.reset").startsWith("by_duration")) {
            report(
                    OVERRIDE + "auto.offset.reset",
                    "by_duration would jump over records that are not applied yet; use earliest");
        }
        String interval = OVERRIDE + "max.poll.interval.ms";
        if (number(interval, LEAST_POLL_INTERVAL_MS) < LEAST_POLL_INTERVAL_MS) {
            report(
                    interval,
                    "must be at least %d: below it Kafka takes the partition away from a healthy task"
                            .formatted(LEAST_POLL_INTERVAL_MS));
        }
    }

    private void refuse(String consumerKey, Set<String> values, String why) {
        String found = value(OVERRIDE + consumerKey);
        if (values.contains(found)) {
            report(OVERRIDE + consumerKey, found + " " + why);
        }
    }

    /** Settings that are good each by itself. */
    private void limits() {
        notAbove(CitusSinkConfig.RETRY_BACKOFF_MS, CitusSinkConfig.RETRY_BACKOFF_MAX_MS);
        notAbove(CitusSinkConfig.LOCK_TIMEOUT_MS, CitusSinkConfig.STATEMENT_TIMEOUT_MS);
        notAbove(CitusSinkConfig.BATCH_MAX_BYTES, CitusSinkConfig.TRANSACTION_MAX_BYTES);
    }

    private void notAbove(String lower, String upper) {
        long low = number(lower, defaultOf(lower));
        long high = number(upper, defaultOf(upper));
        if (low > high) {
            report(lower, "%d is more than %s, which is %d".formatted(low, upper, high));
        }
    }

    private static long defaultOf(String key) {
        return ((Number) CitusSinkConfig.DEFINITION.defaultValues().get(key)).longValue();
    }

    /** What is no number at all is reported by the setting's own validator. */
    private long number(String key, long otherwise) {
        try {
            return value(key).isEmpty() ? otherwise : Long.parseLong(value(key));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private String value(String key) {
        String value = settings.get(key);
        return value == null ? "" : value.trim();
    }

    private void report(String key, String message) {
        problems.add(new Problem(key, message));
    }
}
