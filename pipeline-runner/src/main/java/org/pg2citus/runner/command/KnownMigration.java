package org.pg2citus.runner.command;

import java.sql.Connection;
import java.sql.SQLException;
import org.pg2citus.runner.change.SchemaChangeStore;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;

/** The migration that a command is about, as the target knows it. */
final class KnownMigration {

    private KnownMigration() {}

    /** @throws MigrationException ST004 (exit code 3) when the target knows no such migration */
    static MigrationState read(MigrationSettings settings) {
        Server server = new Server(Side.TARGET, settings.target(), settings.name());
        try (Connection target = server.connect("reading the state")) {
            return new MigrationStore(settings.name()).require(target, settings.target());
        } catch (SQLException e) {
            throw server.failure(e, "reading the migration's state");
        }
    }

    /** @throws MigrationException SC002 (exit code 3) when a schema change is open */
    static void refuseOpenSchemaChange(MigrationSettings settings, String doing) {
        Server server = new Server(Side.TARGET, settings.target(), settings.name());
        try (Connection target = server.connect("reading the state")) {
            new SchemaChangeStore(settings.name()).refuseOpen(target, doing);
        } catch (SQLException e) {
            throw server.failure(e, "looking for a schema change");
        }
    }
}
