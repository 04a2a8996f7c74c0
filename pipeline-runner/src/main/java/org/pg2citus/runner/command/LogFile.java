package org.pg2citus.runner.command;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where the log goes: Kafka and Connect say far more than a terminal should show. */
final class LogFile {

    /** Read by log4j2.xml. */
    private static final String PROPERTY = "pg2citus.log.dir";

    private static final int LAST_WARNINGS = 20;

    private LogFile() {}

    /** To be called before anything logs. */
    static void placeIn(Path dataDir) {
        System.setProperty(PROPERTY, dataDir.toString());
    }

    /** Prints the last warnings and errors of a log that will not stay. */
    static void printWarnings(Path dataDir, PrintStream out) {
        Path log = dataDir.resolve("pg2citus.log");
        if (!Files.exists(log)) {
            return;
        }
        try {
            List<String> warnings = Files.readAllLines(log).stream()
                    .filter(line -> line.contains(" WARN ") || line.contains(" ERROR "))
                    .toList();
            warnings.subList(Math.max(0, warnings.size() - LAST_WARNINGS), warnings.size())
                    .forEach(out::println);
        } catch (IOException e) {
            out.println("cannot read " + log + ": " + e.getMessage());
        }
    }
}
