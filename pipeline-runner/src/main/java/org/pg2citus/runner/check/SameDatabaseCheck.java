package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;

/** That source and target are not one and the same database. */
final class SameDatabaseCheck implements Check {

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        if (!inspection
                .settings()
                .source()
                .database()
                .equals(inspection.settings().target().database())) {
            return;
        }
        if (identity(inspection.source()).equals(identity(inspection.target()))) {
            findings.accept(Finding.error(
                    "PF060",
                    "target " + inspection.settings().target(),
                    "source and target are the same database",
                    "check source.uri and target.uri"));
        }
    }

    /** A copy of the data folder has the same system identifier, so the postmaster's start is looked at, too. */
    private static String identity(Connection connection) throws SQLException {
        return Query.text(
                connection,
                "SELECT system_identifier || '/' || extract(epoch FROM pg_postmaster_start_time()) FROM"
                        + " pg_control_system()");
    }
}
