package org.pg2citus.runner.command;

import java.nio.file.Path;

/** Where the log goes: Kafka and Connect say far more than a terminal should show. */
final class LogFile {

    /** Read by log4j2.xml. */
    private static final String PROPERTY = "pg2citus.log.dir";

    private LogFile() {}

    /** To be called before anything logs. */
    static void placeIn(Path dataDir) {
        System.setProperty(PROPERTY, dataDir.toString());
    }
}
