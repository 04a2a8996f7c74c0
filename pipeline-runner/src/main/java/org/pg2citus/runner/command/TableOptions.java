package org.pg2citus.runner.command;

import java.util.List;
import java.util.Map;
import org.pg2citus.runner.config.ConfigKey;
import picocli.CommandLine.Option;

/** The flags that say which tables are moved. */
final class TableOptions {

    @Option(
            names = "--tables",
            split = ",",
            paramLabel = "PATTERN",
            description = "Tables to move, as schema.table with * and ? (default: all). May be repeated.")
    private List<String> tables;

    @Option(
            names = "--exclude-tables",
            split = ",",
            paramLabel = "PATTERN",
            description = "Tables to leave out; stronger than --tables. May be repeated.")
    private List<String> excludeTables;

    /** Adds what was given. */
    void addTo(Map<ConfigKey, List<String>> flags) {
        if (tables != null) {
            flags.put(ConfigKey.TABLES_INCLUDE, tables);
        }
        if (excludeTables != null) {
            flags.put(ConfigKey.TABLES_EXCLUDE, excludeTables);
        }
    }
}
