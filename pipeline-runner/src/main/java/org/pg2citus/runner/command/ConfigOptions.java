package org.pg2citus.runner.command;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.config.ConfigKey;
import org.pg2citus.runner.config.ConfigReader;
import org.pg2citus.runner.config.MigrationSettings;
import picocli.CommandLine.Option;

/** The flags that say which migration is meant. */
final class ConfigOptions {

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Configuration file (YAML). Every key is explained by: pg2citus help config")
    private Path config;

    @Option(
            names = "--source",
            paramLabel = "URI",
            description = "The database to move: postgresql://user@host:port/database?sslmode=...")
    private String source;

    @Option(names = "--target", paramLabel = "URI", description = "Where to: the Citus coordinator, in the same form.")
    private String target;

    @Option(names = "--name", paramLabel = "NAME", description = "Name of the migration (default: default).")
    private String name;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder of the embedded Kafka, the lock and the log (default: ~/.pg2citus/NAME).")
    private Path dataDir;

    Map<ConfigKey, List<String>> flags() {
        Map<ConfigKey, List<String>> flags = new EnumMap<>(ConfigKey.class);
        put(flags, ConfigKey.SOURCE_URI, source);
        put(flags, ConfigKey.TARGET_URI, target);
        put(flags, ConfigKey.NAME, name);
        put(flags, ConfigKey.DATA_DIR, dataDir);
        return flags;
    }

    MigrationSettings read(Map<ConfigKey, List<String>> flags) {
        return ConfigReader.ofProcess().read(Optional.ofNullable(config), flags);
    }

    static void put(Map<ConfigKey, List<String>> flags, ConfigKey key, Object value) {
        if (value != null) {
            flags.put(key, List.of(value.toString()));
        }
    }
}
