package org.pg2citus.runner.check;

import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Consumer;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.sink.change.TableId;

/** That the target can be written to, is a coordinator, and has a Citus that we know. */
final class TargetServerCheck implements Check {

    private static final int LEAST_CITUS = 12;

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        var target = inspection.target();
        String server = "target " + inspection.settings().target();
        if (Query.isTrue(
                target, "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool")) {
            findings.accept(Finding.serverError(
                    ExitCode.TARGET,
                    "PF032",
                    server,
                    "the target is read-only",
                    "name the primary in target.uri, and check default_transaction_read_only"));
        }
        if (inspection.citus().isCitus()) {
            citusVersion(server, inspection.citus().version().orElseThrow()).ifPresent(findings);
            if (!inspection.citus().coordinator()) {
                findings.accept(Finding.serverError(
                        ExitCode.TARGET,
                        "PF031",
                        server,
                        "the target is a Citus worker",
                        "name the coordinator in target.uri"));
            }
        }
        String database = inspection.settings().target().database();
        String user = inspection.settings().target().user();
        if (!Query.isTrue(
                target,
                "SELECT to_regnamespace('pg2citus') IS NOT NULL OR has_database_privilege(current_database(),"
                        + " 'CREATE')")) {
            findings.accept(Finding.error(
                    "PF033",
                    "database " + database,
                    "role %s may not create the schema pg2citus, which holds the migration's state".formatted(user),
                    "GRANT CREATE ON DATABASE %s TO %s;".formatted(TableId.quote(database), TableId.quote(user))));
        }
    }

    /**
     * Whether the target's Citus is too old.
     *
     * @param version of the extension: 13.2-1
     */
    static Optional<Finding> citusVersion(String server, String version) {
        return Integer.parseInt(version.substring(0, version.indexOf('.'))) >= LEAST_CITUS
                ? Optional.empty()
                : Optional.of(Finding.serverError(
                        ExitCode.TARGET,
                        "PF030",
                        server,
                        "the target has Citus %s; 12 or later is needed".formatted(version),
                        "upgrade Citus: ALTER EXTENSION citus UPDATE; on every node"));
    }
}
