package org.pg2citus.runner.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Everything that a migration is told. Read by {@link ConfigReader}, or built by a program.
 *
 * @param name the migration's name, also the key of its state in the target
 * @param dataDir folder of the embedded Kafka, the lock and the log
 * @param slot the replication slot on the source
 * @param publication the publication on the source
 * @param copy how tables are copied
 * @param connectUrl existing Connect workers; empty for the worker inside this process
 * @param taskRestarts how often in a row a failed task is started again
 * @param stopTimeout how long a clean stop may take
 * @param watch what is done when it does not go on
 * @param warnings what the user should know about the configuration
 */
public record MigrationSettings(
        String name,
        Path dataDir,
        ServerAddress source,
        ServerAddress target,
        String slot,
        String publication,
        TableFilter tables,
        CopySettings copy,
        KafkaSettings kafka,
        Optional<URI> connectUrl,
        int taskRestarts,
        Duration stopTimeout,
        WatchPolicy watch,
        List<String> warnings) {

    public MigrationSettings {
        warnings = List.copyOf(warnings);
    }
}
