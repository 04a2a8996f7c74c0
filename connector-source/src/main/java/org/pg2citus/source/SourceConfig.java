package org.pg2citus.source;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.pg2citus.source.record.RecordFormat;
import org.pg2citus.source.slot.ExpectedSlot;
import org.postgresql.replication.LogSequenceNumber;

/** The connector's settings: its own, those of Debezium that are safe to set, and those that it fixes. */
final class SourceConfig {

    static final String HOST = "database.hostname";
    static final String TOPIC_PREFIX = "topic.prefix";
    static final String TOPIC = "topic";
    static final String SLOT = "slot.name";
    static final String PUBLICATION = "publication.name";
    static final String SYSTEM_IDENTIFIER = "slot.system.identifier";
    static final String CREATION_LSN = "slot.creation.lsn";
    static final String MARK_INTERVAL = "mark.interval.ms";
    static final String QUEUE_BYTES = "queue.max.bytes";
    static final String FORMAT = "topic.format";
    static final String CHUNK_BYTES = "record.target.bytes";

    /** {@link #FORMAT}: many changes in a record. */
    static final String COMPACT = "compact";

    /** {@link #FORMAT}: a record for each change, in Debezium's envelope. */
    static final String DEBEZIUM = "debezium";

    static final String VALUE_CONVERTER = "value.converter";
    static final String BYTES_CONVERTER = "org.apache.kafka.connect.converters.ByteArrayConverter";
    static final String MAX_REQUEST = "producer.override.max.request.size";

    /** The producer's own default. */
    private static final int DEFAULT_MAX_REQUEST_BYTES = 1 << 20;

    private static final int MAX_CHUNK_BYTES = 900_000;

    static final String IDEMPOTENCE = "producer.override.enable.idempotence";

    static final ConfigDef DEFINITION = new ConfigDef()
            .define(
                    HOST,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    Importance.HIGH,
                    "Host of the source.",
                    "Source",
                    1,
                    Width.MEDIUM,
                    "Host")
            .define(
                    "database.port",
                    ConfigDef.Type.INT,
                    5432,
                    ConfigDef.Range.between(1, 65535),
                    Importance.HIGH,
                    "Port of the source.",
                    "Source",
                    2,
                    Width.SHORT,
                    "Port")
            .define(
                    "database.user",
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    Importance.HIGH,
                    "Role with LOGIN and REPLICATION.",
                    "Source",
                    3,
                    Width.MEDIUM,
                    "User")
            .define(
                    "database.password",
                    ConfigDef.Type.PASSWORD,
                    null,
                    Importance.HIGH,
                    "Password of the role.",
                    "Source",
                    4,
                    Width.MEDIUM,
                    "Password")
            .define(
                    "database.dbname",
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    Importance.HIGH,
                    "Database to read.",
                    "Source",
                    5,
                    Width.MEDIUM,
                    "Database")
            .define(
                    SLOT,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    new NamePattern("[a-z0-9_]{1,63}"),
                    Importance.HIGH,
                    "Permanent logical slot with plugin pgoutput. It must exist: it is made together with the snapshot of the copy.",
                    "Slot",
                    1,
                    Width.MEDIUM,
                    "Slot")
            .define(
                    PUBLICATION,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    Importance.HIGH,
                    "Publication that says which tables are read. It must exist before the slot.",
                    "Slot",
                    2,
                    Width.MEDIUM,
                    "Publication")
            .define(
                    SYSTEM_IDENTIFIER,
                    ConfigDef.Type.STRING,
                    null,
                    Importance.MEDIUM,
                    "System identifier of the cluster with the slot, as IDENTIFY_SYSTEM says. Another cluster is refused. Default: the first one that was read.",
                    "Slot",
                    3,
                    Width.MEDIUM,
                    "System identifier")
            .define(
                    CREATION_LSN,
                    ConfigDef.Type.STRING,
                    null,
                    Importance.MEDIUM,
                    "The slot's consistent point when it was made. The first start is refused when the slot has moved since. Default: not checked.",
                    "Slot",
                    4,
                    Width.MEDIUM,
                    "Creation LSN")
            .define(
                    TOPIC_PREFIX,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    new NamePattern("[A-Za-z0-9._-]{1,200}"),
                    Importance.HIGH,
                    "Name of the source: Connect stores the position under it, Debezium's metrics carry it.",
                    "Topic",
                    1,
                    Width.MEDIUM,
                    "Name")
            .define(
                    TOPIC,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    new NamePattern("[A-Za-z0-9._-]{1,249}"),
                    Importance.HIGH,
                    "The topic, with one partition, for everything in the order of the source's commits.",
                    "Topic",
                    2,
                    Width.MEDIUM,
                    "Topic")
            .define(
                    MARK_INTERVAL,
                    ConfigDef.Type.LONG,
                    1_000L,
                    ConfigDef.Range.between(10, 3_600_000),
                    Importance.LOW,
                    "While nothing published changes, a mark after this time tells how far the WAL was read. It also lets the slot advance.",
                    "Topic",
                    3,
                    Width.SHORT,
                    "Mark interval")
            .define(
                    QUEUE_BYTES,
                    ConfigDef.Type.LONG,
                    64L << 20,
                    ConfigDef.Range.atLeast(1 << 20),
                    Importance.LOW,
                    "Bytes of the stream held between reading and sending. Records take about four times as much memory.",
                    "Topic",
                    4,
                    Width.SHORT,
                    "Queue")
            .define(
                    FORMAT,
                    ConfigDef.Type.STRING,
                    COMPACT,
                    ConfigDef.ValidString.in(COMPACT, DEBEZIUM),
                    Importance.MEDIUM,
                    "compact: a record holds many changes as bytes, for pg2citus's sink. debezium: a record for each change in Debezium's envelope, for other readers too; several times as large.",
                    "Topic",
                    5,
                    Width.SHORT,
                    "Format")
            .define(
                    CHUNK_BYTES,
                    ConfigDef.Type.INT,
                    512 << 10,
                    ConfigDef.Range.between(4 << 10, MAX_CHUNK_BYTES),
                    Importance.LOW,
                    "With topic.format=compact: the size of a record, in bytes, when there is more to send. A larger row is a record of its own. The upper limit is below every default of Kafka.",
                    "Topic",
                    6,
                    Width.SHORT,
                    "Record size")
            .define(
                    IDEMPOTENCE,
                    ConfigDef.Type.BOOLEAN,
                    ConfigDef.NO_DEFAULT_VALUE,
                    Importance.HIGH,
                    "Must be true: Connect's producer otherwise repeats records inside a transaction when an acknowledgement is lost.",
                    "Topic",
                    7,
                    Width.SHORT,
                    "Idempotent producer");

    /** Connect's own settings, those of its converters and producer, the driver's, and Debezium's that change no record. */
    private static final Pattern PASSED_THROUGH =
            Pattern.compile("name|(connector|task)[.]class|tasks[.]max|config[.]action[.]reload"
                    + "|(key|value|header)[.]converter([.].*)?|producer[.]override[.].*|topic[.]creation[.].*"
                    + "|errors[.](retry[.]timeout|retry[.]delay[.]max[.]ms|tolerance|log[.]enable|log[.]include[.]messages|max[.]retries)"
                    + "|database[.].*|status[.]update[.]interval[.]ms|retriable[.]restart[.]connector[.]wait[.]ms"
                    + "|connection[.]validation[.]timeout[.]ms|custom[.]metric[.]tags|executor[.]shutdown[.]timeout[.]ms"
                    + "|offsets[.]storage[.]topic|transaction[.]boundary.*|exactly[.]once[.]support");

    private static final Map<String, String> REFUSED_VALUES = Map.of(
            "errors.tolerance=all",
            "a record that Kafka does not take would be left out",
            "producer.override.acks=0",
            "an acknowledgement must mean that the record is durable",
            "producer.override.acks=1",
            "an acknowledgement must mean that the record is durable",
            IDEMPOTENCE + "=false",
            "Connect's producer would repeat records inside a transaction when an acknowledgement is lost",
            "exactly.once.support=required",
            "the position is the slot's, not Connect's: after a crash the topic repeats transactions, and the sink drops them by their LSN");

    private static final Map<String, String> REFUSED_KEYS = Map.of(
            "database.options", "the session's settings decide the text of values",
            "database.initial.statements", "the session's settings decide the text of values",
            "database.replication", "the connector sets it",
            "database.preferQueryMode", "the connector sets it");

    private final Map<String, String> settings;
    private final Map<String, Object> values;

    /** @throws ConfigException naming every problem at once */
    SourceConfig(Map<String, String> given) {
        Map<String, List<String>> problems = problems(given);
        if (!problems.isEmpty()) {
            List<String> lines = new ArrayList<>();
            problems.forEach((key, messages) -> messages.forEach(message -> lines.add(key + ": " + message)));
            throw new ConfigException("SR001: " + String.join("; ", lines));
        }
        this.settings = Map.copyOf(given);
        this.values = DEFINITION.parse(given);
    }

    /** What is wrong, by key; the server is not asked. */
    static Map<String, List<String>> problems(Map<String, String> given) {
        Map<String, List<String>> problems = new TreeMap<>();
        for (ConfigValue value : DEFINITION.validate(given)) {
            if (!value.errorMessages().isEmpty()) {
                problems.put(value.name(), new ArrayList<>(value.errorMessages()));
            }
        }
        given.forEach((key, value) -> problem(key, value)
                .ifPresent(message ->
                        problems.computeIfAbsent(key, k -> new ArrayList<>()).add(message)));
        creationLsnProblem(given.get(CREATION_LSN))
                .ifPresent(message -> problems.computeIfAbsent(CREATION_LSN, k -> new ArrayList<>())
                        .add(message));
        compactProblems(given).forEach((key, message) -> problems.computeIfAbsent(key, k -> new ArrayList<>())
                .add(message));
        return problems;
    }

    /** The worker's own converter is not visible from here: it has to be named where it decides what is in the topic. */
    private static Map<String, String> compactProblems(Map<String, String> given) {
        Map<String, String> problems = new TreeMap<>();
        if (!given.getOrDefault(FORMAT, COMPACT).equals(COMPACT)) {
            return problems;
        }
        String converter = given.get(VALUE_CONVERTER);
        if (!BYTES_CONVERTER.equals(converter)) {
            problems.put(
                    VALUE_CONVERTER,
                    "must be %s with %s=%s, because records are bytes; it is %s. Set it, or %s=%s"
                            .formatted(
                                    BYTES_CONVERTER,
                                    FORMAT,
                                    COMPACT,
                                    converter == null ? "not set, so the worker's would be used" : converter,
                                    FORMAT,
                                    DEBEZIUM));
        }
        String maxRequest = given.get(MAX_REQUEST);
        if (maxRequest != null && !isAtLeastDefault(maxRequest.strip())) {
            problems.put(
                    MAX_REQUEST,
                    "must be a number of bytes, and not below Kafka's default of " + DEFAULT_MAX_REQUEST_BYTES);
        }
        return problems;
    }

    private static boolean isAtLeastDefault(String maxRequest) {
        try {
            return Integer.parseInt(maxRequest) >= DEFAULT_MAX_REQUEST_BYTES;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static Optional<String> problem(String key, String value) {
        if (REFUSED_KEYS.containsKey(key)) {
            return Optional.of("cannot be set: " + REFUSED_KEYS.get(key));
        }
        String reason = REFUSED_VALUES.get(key + "=" + (value == null ? "" : value.strip()));
        if (reason != null) {
            return Optional.of("%s is refused: %s".formatted(value, reason));
        }
        for (FixedSetting fixed : FixedSetting.ALL) {
            if (fixed.key().equals(key)) {
                return fixed.value().equals(value)
                        ? Optional.empty()
                        : Optional.of("is fixed, because " + fixed.reason() + ". Remove it");
            }
        }
        if (DEFINITION.names().contains(key) || PASSED_THROUGH.matcher(key).matches()) {
            return Optional.empty();
        }
        return Optional.of("is not a setting of this connector, or would change or drop records. Remove it");
    }

    private static Optional<String> creationLsnProblem(String lsn) {
        if (lsn == null || !LogSequenceNumber.valueOf(lsn).equals(LogSequenceNumber.INVALID_LSN)) {
            return Optional.empty();
        }
        return Optional.of("is not an LSN like 16/B374D848");
    }

    /** What Debezium is given. */
    Map<String, String> debezium() {
        Map<String, String> all = new LinkedHashMap<>(settings);
        FixedSetting.ALL.forEach(fixed -> all.put(fixed.key(), fixed.value()));
        all.putIfAbsent("retriable.restart.connector.wait.ms", "2000");
        return all;
    }

    ExpectedSlot expectedSlot() {
        return new ExpectedSlot(
                string(SLOT),
                string(PUBLICATION),
                Optional.ofNullable((String) values.get(SYSTEM_IDENTIFIER)),
                Optional.ofNullable((String) values.get(CREATION_LSN)).map(LogSequenceNumber::valueOf));
    }

    String name() {
        return string(TOPIC_PREFIX);
    }

    String topic() {
        return string(TOPIC);
    }

    RecordFormat format() {
        if (string(FORMAT).equals(DEBEZIUM)) {
            return RecordFormat.debezium(topic());
        }
        return RecordFormat.compact(topic(), (Integer) values.get(CHUNK_BYTES), maxRequestBytes(settings));
    }

    private static int maxRequestBytes(Map<String, String> given) {
        String maxRequest = given.get(MAX_REQUEST);
        return maxRequest == null ? DEFAULT_MAX_REQUEST_BYTES : Integer.parseInt(maxRequest.strip());
    }

    long markIntervalMs() {
        return (Long) values.get(MARK_INTERVAL);
    }

    long queueBytes() {
        return (Long) values.get(QUEUE_BYTES);
    }

    private String string(String key) {
        return (String) values.get(key);
    }

    private static final class NamePattern implements ConfigDef.Validator {

        private final Pattern pattern;

        NamePattern(String regex) {
            this.pattern = Pattern.compile(regex);
        }

        @Override
        public void ensureValid(String key, Object value) {
            if (value != null && !pattern.matcher((String) value).matches()) {
                throw new ConfigException(key, value, "must match " + pattern);
            }
        }

        @Override
        public String toString() {
            return "matches " + pattern;
        }
    }
}
