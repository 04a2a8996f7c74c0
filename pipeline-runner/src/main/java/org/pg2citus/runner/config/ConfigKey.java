package org.pg2citus.runner.config;

import java.util.Locale;

/**
 * Every key of the configuration. The same key is a path in the YAML file ({@code source.uri}), and an environment
 * variable ({@code PG2CITUS_SOURCE_URI}).
 */
public enum ConfigKey {
    VERSION("version", "1", "Version of the file's format. Required in a file; only 1 is known."),
    NAME(
            "name",
            "default",
            "Name of the migration: lower-case letters, digits and _. One source database may have several, with"
                    + " different tables."),
    DATA_DIR(
            "data_dir",
            "~/.pg2citus/<name>",
            "Folder of the embedded Kafka, the lock and the log. Keep it until the migration is over: changes that"
                    + " the source has let go of may be nowhere else."),
    SOURCE_URI("source.uri", "", "The database to move, as a libpq URI: postgresql://user@host:port/database."),
    SOURCE_PASSWORD(
            "source.password",
            "",
            "The source's password; by environment only. Other ways: source.password_file, ~/.pgpass."),
    SOURCE_PASSWORD_FILE("source.password_file", "", "A file that holds the source's password and nothing else."),
    SOURCE_SLOT("source.slot", "pg2citus_<name>", "Name of the replication slot to make on the source."),
    SOURCE_PUBLICATION("source.publication", "pg2citus_<name>", "Name of the publication to make on the source."),
    TARGET_URI("target.uri", "", "Where to move it: the Citus coordinator, as a libpq URI."),
    TARGET_PASSWORD(
            "target.password",
            "",
            "The target's password; by environment only. Other ways: target.password_file, ~/.pgpass."),
    TARGET_PASSWORD_FILE("target.password_file", "", "A file that holds the target's password and nothing else."),
    TABLES_INCLUDE(
            "tables.include",
            "*",
            "Patterns of the tables to move, schema.table with * and ?; a pattern without a dot is for any schema."),
    TABLES_EXCLUDE("tables.exclude", "", "Patterns of tables to leave out; stronger than tables.include."),
    COPY_JOBS("copy.jobs", "4", "Tables, or parts of large tables, that are copied at the same time, 1 to 64."),
    COPY_CHUNK_MB(
            "copy.chunk_mb",
            "128",
            "About how large a part of a large table is, in megabytes, 1 to 1048576. A part is copied in one transaction;"
                    + " a copy that is interrupted loses the parts that were under way."),
    COPY_DEFER_INDEXES(
            "copy.defer_indexes",
            "false",
            "true: indexes of the target that enforce nothing are dropped before the copy and built after it, in"
                    + " parallel."),
    COPY_BY_KEY(
            "copy.by_key",
            "false",
            "true: large tables are divided by their integer or uuid key also where they do not lie on disk in its order."
                    + " A copy of these that is interrupted goes on, too, instead of beginning again; but each row may"
                    + " cost a read of its own."),
    KAFKA_BOOTSTRAP_SERVERS(
            "kafka.bootstrap.servers",
            "",
            "An existing Kafka cluster, host:port,host:port. Without it Kafka runs inside pg2citus."),
    KAFKA_TOPIC("kafka.topic", "pg2citus.<name>", "The topic that carries the changes; one partition."),
    KAFKA_REPLICATION_FACTOR(
            "kafka.replication_factor",
            "",
            "Replicas of the topic on an existing cluster. Without it the cluster's default."),
    KAFKA_CLIENT_CONFIG_FILE(
            "kafka.client_config_file",
            "",
            "Java properties for clients of an existing cluster: security.protocol, sasl.jaas.config and so on."),
    CONNECT_URL(
            "connect.url",
            "",
            "REST address of existing Connect workers that have both plugins. Without it Connect runs inside"
                    + " pg2citus. Needs kafka.bootstrap.servers."),
    POLICY_TASK_RESTARTS(
            "policy.task_restarts",
            "10",
            "How often in a row a failed connector task is started again when its error may pass by itself, 0 to"
                    + " 1000."),
    POLICY_STOP_TIMEOUT_SECONDS(
            "policy.stop_timeout_seconds",
            "30",
            "How long a clean stop may take before the process ends as it is, 1 to 600. Nothing is lost either way."),
    POLICY_STALLED_AFTER_SECONDS(
            "policy.stalled_after_seconds",
            "60",
            "After this long without progress, although there is something to apply, it is said to be stalled, with the"
                    + " cause; 5 to 86400. A task that fails for good is told at once."),
    POLICY_CAPTURE_WHEN_HALTED(
            "policy.capture_when_halted",
            "true",
            "When the sink fails for good, go on capturing, so that the source keeps no WAL, and try the sink again, after"
                    + " 2 seconds first and up to 30 later. With false, 'pg2citus migrate' ends."),
    POLICY_WARN_BELOW_MINUTES(
            "policy.warn_below_minutes",
            "240",
            "Warn when the source's room for WAL lasts for less, at the present rate; 0 for never."),
    POLICY_ALERT_BELOW_MINUTES(
            "policy.alert_below_minutes",
            "60",
            "Alert when it lasts for less: policy.alert_webhook and policy.alert_command are told; 0 for never. They are"
                    + " told of each stall, too."),
    POLICY_PAUSE_BELOW_MINUTES(
            "policy.pause_below_minutes",
            "0",
            "Hold the sink when it lasts for less, so that capturing has the machine for itself, until 'pg2citus resume';"
                    + " 0 for never."),
    POLICY_RELEASE_BELOW_MINUTES(
            "policy.release_below_minutes",
            "0",
            "Drop the slot when it lasts for less: the migration is lost, the source lives; 0 for never."),
    POLICY_ALERT_WEBHOOK("policy.alert_webhook", "", "An http(s) address that is sent each alert as JSON (POST)."),
    POLICY_ALERT_COMMAND(
            "policy.alert_command",
            "",
            "A program that is started for each alert, with the JSON in its environment as PG2CITUS_ALERT."),
    POLICY_DRY_RUN(
            "policy.dry_run", "false", "Say what would be done instead of holding the sink or dropping the slot.");

    private final String path;
    private final String defaultText;
    private final String help;

    ConfigKey(String path, String defaultText, String help) {
        this.path = path;
        this.defaultText = defaultText;
        this.help = help;
    }

    /** The key in the file, for example {@code source.uri}. */
    public String path() {
        return path;
    }

    /** The key in the environment, for example {@code PG2CITUS_SOURCE_URI}. */
    public String environmentName() {
        return "PG2CITUS_" + path.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /** What holds when the key is not set; empty for nothing. */
    public String defaultText() {
        return defaultText;
    }

    public String help() {
        return help;
    }

    /** Passwords are not read from the file, which ends up in version control. */
    boolean isEnvironmentOnly() {
        return this == SOURCE_PASSWORD || this == TARGET_PASSWORD;
    }
}
