package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.sink.change.TableId;

/** Whether the source's role may replicate, publish and read. */
final class SourcePrivilegesCheck implements Check {

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        Connection source = inspection.source();
        String user = inspection.settings().source().user();
        replication(inspection, findings, user);
        String database = inspection.settings().source().database();
        if (!Query.isTrue(source, "SELECT has_database_privilege(current_database(), 'CREATE')")) {
            findings.accept(Finding.error(
                    "PF018",
                    "database " + database,
                    "role %s may not create a publication".formatted(user),
                    "GRANT CREATE ON DATABASE %s TO %s;".formatted(TableId.quote(database), TableId.quote(user))));
        }
        for (var table : inspection.included()) {
            if (!table.access().owns()) {
                findings.accept(Finding.error(
                        "PF016",
                        "table " + table.id(),
                        "role %s is not a member of the owning role, which a publication needs".formatted(user),
                        "GRANT <owner of %s> TO %s;".formatted(table.id().toSql(), TableId.quote(user))));
            }
            if (!table.access().canSelect()) {
                findings.accept(Finding.error(
                        "PF017",
                        "table " + table.id(),
                        "role %s may not read it".formatted(user),
                        "GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT ON %s TO %2$s;"
                                .formatted(
                                        TableId.quote(table.id().schema()),
                                        TableId.quote(user),
                                        table.id().toSql())));
            }
        }
    }

    /** Asks the server itself: managed services grant this in ways that the catalog does not show. */
    private static void replication(Inspection inspection, Consumer<Finding> findings, String user) {
        try (Connection connection = inspection.server(Side.SOURCE).connectForReplication("check")) {
            Query.text(connection, "IDENTIFY_SYSTEM");
        } catch (SQLException | MigrationException e) {
            findings.accept(Finding.serverError(
                    ExitCode.SOURCE,
                    "PF005",
                    "source " + inspection.settings().source(),
                    "role %s cannot open a replication session: %s".formatted(user, e.getMessage()),
                    "ALTER ROLE %s REPLICATION; (on Amazon RDS: GRANT rds_replication TO %1$s;)"
                            .formatted(TableId.quote(user))));
        }
    }
}
