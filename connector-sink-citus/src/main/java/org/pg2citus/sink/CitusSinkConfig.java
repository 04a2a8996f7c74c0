package org.pg2citus.sink;

import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.pg2citus.sink.apply.DivergencePolicy;
import org.pg2citus.sink.apply.TargetSettings;
import org.pg2citus.sink.decode.RecordDecoder;

/** The settings of the Citus sink: every key, its default and its meaning, in one place. */
public final class CitusSinkConfig extends AbstractConfig {

    /** JDBC URL of the coordinator. */
    public static final String CONNECTION_URL = "connection.url";

    /** The role that applies. */
    public static final String CONNECTION_USER = "connection.user";

    /** The role's password. */
    public static final String CONNECTION_PASSWORD = "connection.password";

    /** The name under which progress is kept. */
    public static final String PIPELINE = "pipeline";

    /** Rows at which a batch of whole transactions is applied. */
    public static final String BATCH_MAX_ROWS = "batch.max.rows";

    /** Bytes at which a batch of whole transactions is applied. */
    public static final String BATCH_MAX_BYTES = "batch.max.bytes";

    /** How long a batch that is not full waits for more. */
    public static final String BATCH_MAX_AGE_MS = "batch.max.age.ms";

    /** One ordered topic, or a topic for each table. */
    public static final String TOPIC_LAYOUT = "topic.layout";

    /** With a topic for each table: the one with the transactions' boundaries. */
    public static final String TRANSACTION_TOPIC = "transaction.topic";

    /** With a topic for each table: events that may wait of one. */
    public static final String QUEUE_MAX_EVENTS = "queue.max.events";

    /** With a topic for each table: bytes of events that may wait of all. */
    public static final String QUEUE_MAX_BYTES = "queue.max.bytes";

    /** With a topic for each table: how long a committed transaction waits for its events. */
    public static final String TRANSACTION_WAIT_TIMEOUT_MS = "transaction.wait.timeout.ms";

    /** Rows beyond which a transaction is streamed instead of held in memory. */
    public static final String TRANSACTION_MAX_ROWS = "transaction.memory.max.rows";

    /** Bytes beyond which a transaction is streamed instead of held in memory. */
    public static final String TRANSACTION_MAX_BYTES = "transaction.memory.max.bytes";

    /** Limit of one wait for a lock in the target. */
    public static final String LOCK_TIMEOUT_MS = "lock.timeout.ms";

    /** Limit of one statement in the target. */
    public static final String STATEMENT_TIMEOUT_MS = "statement.timeout.ms";

    /** Attempts of one target transaction inside one delivery. */
    public static final String RETRY_MAX_ATTEMPTS = "retry.max.attempts";

    /** First pause between two attempts. */
    public static final String RETRY_BACKOFF_MS = "retry.backoff.ms";

    /** Longest pause between two attempts. */
    public static final String RETRY_BACKOFF_MAX_MS = "retry.backoff.max.ms";

    /** How long the target may be unusable before the task fails. */
    public static final String RETRY_TIMEOUT_MS = "retry.timeout.ms";

    /** How long to wait for in-doubt two-phase transactions. */
    public static final String RECOVERY_TIMEOUT_MS = "recovery.timeout.ms";

    /** How often progress is written when there is nothing to apply. */
    public static final String PROGRESS_INTERVAL_MS = "progress.interval.ms";

    /** The target session's synchronous_commit. */
    public static final String SYNCHRONOUS_COMMIT = "synchronous.commit";

    /** What an update or delete that finds no row does. */
    public static final String DIVERGENCE_POLICY = "divergence.policy";

    /** Whether messages name the values of keys. */
    public static final String ERROR_SHOW_KEYS = "error.show.keys";

    /** Offsets that may be missing between two records. */
    public static final String OFFSET_GAP_MAX = "topic.offset.gap.max";

    /** Whether the source sends PostgreSQL's text or typed values. */
    public static final String SOURCE_VALUES = "source.values";

    /** A typed source's mark of an unchanged TOAST value. */
    public static final String UNAVAILABLE_PLACEHOLDER = "unavailable.value.placeholder";

    /** {@link #SOURCE_VALUES}: the pg2citus source. */
    static final String TEXT = "text";

    /** {@link #SOURCE_VALUES}: a stock Debezium connector. */
    static final String TYPED = "typed";

    private static final String HALT = "halt";
    private static final String COUNT = "count";

    /** {@link #TOPIC_LAYOUT}: everything in one topic, in order. */
    static final String ORDERED = "ordered";

    /** {@link #TOPIC_LAYOUT}: the topics of a stock Debezium connector. */
    static final String PER_TABLE = "per-table";

    private static final String SOURCE = "Source";
    private static final String TARGET = "Target";
    private static final String BATCHING = "Batching";
    private static final String RELIABILITY = "Reliability";

    /** The definition that Connect shows and validates. */
    public static final ConfigDef DEFINITION = new ConfigDef()
            .define(
                    CONNECTION_URL,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    new JdbcUrlValidator(),
                    Importance.HIGH,
                    "JDBC URL of the Citus coordinator (or of a plain PostgreSQL server),"
                            + " for example jdbc:postgresql://coordinator:5432/app?sslmode=verify-full.",
                    TARGET,
                    1,
                    Width.LONG,
                    "JDBC URL",
                    List.of(CONNECTION_USER, CONNECTION_PASSWORD, PIPELINE))
            .define(
                    CONNECTION_USER,
                    ConfigDef.Type.STRING,
                    ConfigDef.NO_DEFAULT_VALUE,
                    new NonEmptyString(),
                    Importance.HIGH,
                    "The role that applies changes. It must own the target tables, or have INSERT, UPDATE, DELETE,"
                            + " SELECT and TRUNCATE on them.",
                    TARGET,
                    2,
                    Width.MEDIUM,
                    "User")
            .define(
                    CONNECTION_PASSWORD,
                    ConfigDef.Type.PASSWORD,
                    "",
                    Importance.HIGH,
                    "The role's password. Empty when the server asks for none.",
                    TARGET,
                    3,
                    Width.MEDIUM,
                    "Password")
            .define(
                    PIPELINE,
                    ConfigDef.Type.STRING,
                    "default",
                    ConfigDef.NonEmptyStringWithoutControlChars.nonEmptyStringWithoutControlChars(),
                    Importance.HIGH,
                    "The name under which progress is kept in pg2citus.progress on the target. One pipeline is one"
                            + " topic, one slot and one task.",
                    TARGET,
                    4,
                    Width.MEDIUM,
                    "Pipeline")
            .define(
                    SYNCHRONOUS_COMMIT,
                    ConfigDef.Type.STRING,
                    "on",
                    ValidString.in("on", "local", "remote_write", "remote_apply"),
                    Importance.LOW,
                    "synchronous_commit of the target session. off is refused: a coordinator that crashed could then forget"
                            + " the commit, and the progress with it, that Citus workers already carried out.",
                    TARGET,
                    5,
                    Width.SHORT,
                    "Synchronous commit")
            .define(
                    BATCH_MAX_ROWS,
                    ConfigDef.Type.INT,
                    5_000,
                    between(1, 1_000_000),
                    Importance.MEDIUM,
                    "Rows at which whole source transactions, joined into one target transaction, are applied. Citus is"
                            + " fastest between 1,000 and 5,000. A source transaction is never split by it.",
                    BATCHING,
                    1,
                    Width.SHORT,
                    "Batch rows")
            .define(
                    BATCH_MAX_BYTES,
                    ConfigDef.Type.LONG,
                    16L << 20,
                    between(1 << 10, 1L << 31),
                    Importance.LOW,
                    "Bytes at which whole source transactions, joined into one target transaction, are applied.",
                    BATCHING,
                    2,
                    Width.SHORT,
                    "Batch bytes")
            .define(
                    TRANSACTION_MAX_ROWS,
                    ConfigDef.Type.LONG,
                    200_000L,
                    atLeast(1),
                    Importance.LOW,
                    "Rows beyond which a source transaction is not held in memory: the topic is read to its end first,"
                            + " then again, streaming into one open target transaction.",
                    BATCHING,
                    3,
                    Width.SHORT,
                    "Transaction rows in memory")
            .define(
                    TRANSACTION_MAX_BYTES,
                    ConfigDef.Type.LONG,
                    128L << 20,
                    atLeast(1 << 10),
                    Importance.LOW,
                    "Bytes beyond which a source transaction is not held in memory, as for rows.",
                    BATCHING,
                    4,
                    Width.SHORT,
                    "Transaction bytes in memory")
            .define(
                    BATCH_MAX_AGE_MS,
                    ConfigDef.Type.LONG,
                    100L,
                    between(0, 10_000),
                    Importance.LOW,
                    "How long a batch that is not full waits for more transactions, in milliseconds, counted from the"
                            + " start of the batch before it: under load small transactions are joined, one that comes"
                            + " alone after a pause is applied at once. 0 applies with each delivery of records.",
                    BATCHING,
                    5,
                    Width.SHORT,
                    "Batch age")
            .define(
                    LOCK_TIMEOUT_MS,
                    ConfigDef.Type.LONG,
                    30_000L,
                    between(1, 600_000),
                    Importance.LOW,
                    "Limit of one wait for a lock in the target, in milliseconds, on the coordinator and on the Citus"
                            + " workers. The transaction is then retried.",
                    RELIABILITY,
                    1,
                    Width.SHORT,
                    "Lock timeout")
            .define(
                    STATEMENT_TIMEOUT_MS,
                    ConfigDef.Type.LONG,
                    120_000L,
                    between(100, 3_600_000),
                    Importance.LOW,
                    "Limit of one statement in the target, in milliseconds. The transaction is then retried.",
                    RELIABILITY,
                    2,
                    Width.SHORT,
                    "Statement timeout")
            .define(
                    RETRY_MAX_ATTEMPTS,
                    ConfigDef.Type.INT,
                    5,
                    between(1, 100),
                    Importance.LOW,
                    "Attempts of one target transaction before the session is given up and the topic is read again from"
                            + " the last durable offset.",
                    RELIABILITY,
                    3,
                    Width.SHORT,
                    "Attempts")
            .define(
                    RETRY_BACKOFF_MS,
                    ConfigDef.Type.LONG,
                    200L,
                    between(1, 60_000),
                    Importance.LOW,
                    "First pause between two attempts, in milliseconds; it doubles each time.",
                    RELIABILITY,
                    4,
                    Width.SHORT,
                    "First back-off")
            .define(
                    RETRY_BACKOFF_MAX_MS,
                    ConfigDef.Type.LONG,
                    10_000L,
                    between(1, 300_000),
                    Importance.LOW,
                    "Longest pause between two attempts, in milliseconds.",
                    RELIABILITY,
                    5,
                    Width.SHORT,
                    "Longest back-off")
            .define(
                    RETRY_TIMEOUT_MS,
                    ConfigDef.Type.LONG,
                    600_000L,
                    atLeast(1_000),
                    Importance.MEDIUM,
                    "How long the target may be unusable, in milliseconds, before the task fails. Until then it keeps"
                            + " trying; the topic holds what arrives meanwhile.",
                    RELIABILITY,
                    6,
                    Width.SHORT,
                    "Retry timeout")
            .define(
                    RECOVERY_TIMEOUT_MS,
                    ConfigDef.Type.LONG,
                    120_000L,
                    between(1_000, 3_600_000),
                    Importance.LOW,
                    "How long to wait, in milliseconds, until Citus has finished the two-phase transactions that were in"
                            + " doubt. Citus' own recovery runs every citus.recover_2pc_interval (60 s).",
                    RELIABILITY,
                    7,
                    Width.SHORT,
                    "Recovery timeout")
            .define(
                    PROGRESS_INTERVAL_MS,
                    ConfigDef.Type.LONG,
                    1_000L,
                    between(100, 60_000),
                    Importance.LOW,
                    "How often progress is written, in milliseconds, while there is nothing to apply.",
                    RELIABILITY,
                    8,
                    Width.SHORT,
                    "Progress interval")
            .define(
                    OFFSET_GAP_MAX,
                    ConfigDef.Type.LONG,
                    0L,
                    atLeast(0),
                    Importance.LOW,
                    "Offsets that may be missing between two records of the topic. 0 finds records that retention"
                            + " removed before they were applied. An exactly-once source writes control records that"
                            + " take offsets; 2 allows for them.",
                    RELIABILITY,
                    9,
                    Width.SHORT,
                    "Offset gap")
            .define(
                    DIVERGENCE_POLICY,
                    ConfigDef.Type.STRING,
                    HALT,
                    ValidString.in(HALT, COUNT),
                    Importance.MEDIUM,
                    "What an update or delete does that finds no row in the target. halt: the task stops, nothing of the"
                            + " transaction is applied. count: the change is left out, logged as a warning and counted in"
                            + " NumberOfDivergences; the rest of its transaction is applied. A change that finds several"
                            + " rows, and an insert of a row that is there, always halt.",
                    RELIABILITY,
                    10,
                    Width.SHORT,
                    "Divergence policy")
            .define(
                    ERROR_SHOW_KEYS,
                    ConfigDef.Type.BOOLEAN,
                    false,
                    Importance.LOW,
                    "Whether messages name the values of keys: of rows that are missing, and of violated constraints. They"
                            + " end in logs and in the task's status. Finding them makes updates and deletes slower.",
                    RELIABILITY,
                    11,
                    Width.SHORT,
                    "Show keys")
            .define(
                    SOURCE_VALUES,
                    ConfigDef.Type.STRING,
                    TEXT,
                    ValidString.in(TEXT, TYPED),
                    Importance.MEDIUM,
                    "text: the pg2citus source, which sends every value as PostgreSQL's own text. typed: a stock Debezium"
                            + " connector, with a converter that keeps schemas.",
                    SOURCE,
                    1,
                    Width.SHORT,
                    "Source values",
                    List.of(UNAVAILABLE_PLACEHOLDER))
            .define(
                    UNAVAILABLE_PLACEHOLDER,
                    ConfigDef.Type.STRING,
                    RecordDecoder.DEBEZIUM_PLACEHOLDER,
                    new NonEmptyString(),
                    Importance.LOW,
                    "With source.values=typed: what the source's setting of the same name is, its mark of an unchanged"
                            + " TOAST value. A text source marks these values in a way that no value can equal.",
                    SOURCE,
                    2,
                    Width.MEDIUM,
                    "Unavailable value",
                    new VisibleWith(SOURCE_VALUES, TYPED))
            .define(
                    TOPIC_LAYOUT,
                    ConfigDef.Type.STRING,
                    ORDERED,
                    ValidString.in(ORDERED, PER_TABLE),
                    Importance.MEDIUM,
                    "ordered: one topic with one partition has every event in order, as the pg2citus source writes it."
                            + " per-table: the topics of a stock Debezium connector with provide.transaction.metadata=true,"
                            + " one for each table and one with the transactions' boundaries, each with one partition.",
                    SOURCE,
                    3,
                    Width.SHORT,
                    "Topic layout")
            .define(
                    TRANSACTION_TOPIC,
                    ConfigDef.Type.STRING,
                    "",
                    Importance.MEDIUM,
                    "With topic.layout=per-table: the topic with the transactions' boundaries, <topic.prefix>.transaction"
                            + " unless topic.transaction is set at the source. Must be among the topics.",
                    SOURCE,
                    4,
                    Width.MEDIUM,
                    "Transaction topic",
                    new VisibleWith(TOPIC_LAYOUT, PER_TABLE))
            .define(
                    QUEUE_MAX_EVENTS,
                    ConfigDef.Type.INT,
                    5_000,
                    between(1, 1_000_000),
                    Importance.LOW,
                    "With topic.layout=per-table: events of one topic that may wait for events of others before the topic"
                            + " is paused. What a delivery holds comes on top.",
                    SOURCE,
                    5,
                    Width.SHORT,
                    "Queued events",
                    new VisibleWith(TOPIC_LAYOUT, PER_TABLE))
            .define(
                    QUEUE_MAX_BYTES,
                    ConfigDef.Type.LONG,
                    64L << 20,
                    between(1 << 10, 1L << 31),
                    Importance.LOW,
                    "With topic.layout=per-table: bytes of events that may wait in all topics together before those of"
                            + " which some wait are paused.",
                    SOURCE,
                    6,
                    Width.SHORT,
                    "Queued bytes",
                    new VisibleWith(TOPIC_LAYOUT, PER_TABLE))
            .define(
                    TRANSACTION_WAIT_TIMEOUT_MS,
                    ConfigDef.Type.LONG,
                    600_000L,
                    between(1_000, 86_400_000),
                    Importance.LOW,
                    "With topic.layout=per-table: how long a committed transaction may wait for one of its events, in"
                            + " milliseconds, before the task fails and says which. Longer than it takes until a new topic"
                            + " is found (the consumer's metadata.max.age.ms).",
                    SOURCE,
                    7,
                    Width.SHORT,
                    "Transaction wait timeout",
                    new VisibleWith(TOPIC_LAYOUT, PER_TABLE));

    CitusSinkConfig(Map<String, String> properties) {
        super(DEFINITION, properties, false);
    }

    TargetSettings target() {
        return new TargetSettings(
                getString(CONNECTION_URL),
                getString(CONNECTION_USER),
                getPassword(CONNECTION_PASSWORD).value(),
                getString(SYNCHRONOUS_COMMIT),
                millis(LOCK_TIMEOUT_MS),
                millis(STATEMENT_TIMEOUT_MS),
                getInt(RETRY_MAX_ATTEMPTS),
                millis(RETRY_BACKOFF_MS),
                millis(RETRY_BACKOFF_MAX_MS),
                millis(RECOVERY_TIMEOUT_MS),
                true,
                getString(DIVERGENCE_POLICY).equals(COUNT) ? DivergencePolicy.COUNT : DivergencePolicy.HALT,
                getBoolean(ERROR_SHOW_KEYS),
                originalsStrings().getOrDefault("name", ""));
    }

    boolean isTopicPerTable() {
        return getString(TOPIC_LAYOUT).equals(PER_TABLE);
    }

    RecordDecoder decoder() {
        return getString(SOURCE_VALUES).equals(TEXT)
                ? RecordDecoder.ofTextSource()
                : RecordDecoder.ofTypedSource(
                        getString(UNAVAILABLE_PLACEHOLDER), SettingsCheck.keepsNulls(originalsStrings()));
    }

    Duration millis(String key) {
        return Duration.ofMillis(getLong(key));
    }

    /** Shows a setting only while another one has the value that it belongs to. */
    private record VisibleWith(String key, String value) implements ConfigDef.Recommender {
        @Override
        public List<Object> validValues(String name, Map<String, Object> settings) {
            return List.of();
        }

        @Override
        public boolean visible(String name, Map<String, Object> settings) {
            return value.equals(settings.get(key));
        }
    }

    private static final class JdbcUrlValidator implements ConfigDef.Validator {
        @Override
        public void ensureValid(String name, Object value) {
            if (!(value instanceof String url) || !url.startsWith("jdbc:postgresql:")) {
                throw new org.apache.kafka.common.config.ConfigException(
                        name, "(not shown)", "must start with jdbc:postgresql:");
            }
        }

        @Override
        public String toString() {
            return "a URL that starts with jdbc:postgresql:";
        }
    }
}
