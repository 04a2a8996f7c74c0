package org.pg2citus.runner.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Makes the demo's tables and rows; the SQL is in the files beside this class. */
final class DemoSchema {

    private DemoSchema() {}

    static void createSource(Connection connection) throws SQLException {
        execute(connection, "types.sql");
        execute(connection, "source.sql");
    }

    static void fill(Connection connection, DemoScale scale) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(read("fill.sql")
                    .replace("${companies}", Integer.toString(scale.companies()))
                    .replace("${clicks}", Integer.toString(scale.clicks())));
        }
    }

    /** @param distributed on Citus; on plain PostgreSQL the same tables stay ordinary ones */
    static void createTarget(Connection connection, boolean distributed) throws SQLException {
        execute(connection, "types.sql");
        execute(connection, "target.sql");
        if (distributed) {
            execute(connection, "distribute.sql");
        }
        execute(connection, "target-keys.sql");
    }

    private static void execute(Connection connection, String file) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(read(file));
        }
    }

    private static String read(String file) {
        try (InputStream stream = DemoSchema.class.getResourceAsStream(file)) {
            if (stream == null) {
                throw new AssertionError(file + " is not in the jar");
            }
            return new String(stream.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
