package org.pg2citus.runner.check;

import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Consumer;
import org.pg2citus.runner.failure.ExitCode;

/** Version, wal_level, and room for a slot and its senders. */
final class SourceServerCheck implements Check {

    // Logical messages, which prove progress on an idle source, reach pgoutput's reader from version 14 on.
    private static final long LEAST_VERSION = 140_000;
    // One for the stream, and one for the snapshot from which an interrupted copy continues.
    private static final int NEEDED = 2;

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        var source = inspection.source();
        String server = "source " + inspection.settings().source();
        long version = Query.number(source, "SELECT current_setting('server_version_num')");
        version(server, version, Query.text(source, "SHOW server_version")).ifPresent(findings);
        if (Query.isTrue(source, "SELECT pg_is_in_recovery()")) {
            findings.accept(Finding.serverError(
                    ExitCode.SOURCE,
                    "PF008",
                    server,
                    "the source is a standby, where no publication can be made",
                    "name the primary in source.uri"));
        }
        String walLevel = Query.text(source, "SHOW wal_level");
        if (!walLevel.equals("logical")) {
            findings.accept(Finding.serverError(
                    ExitCode.SOURCE,
                    "PF002",
                    server,
                    "wal_level is %s; logical is needed".formatted(walLevel),
                    "ALTER SYSTEM SET wal_level = 'logical'; then restart the server (on Amazon RDS:"
                            + " rds.logical_replication = 1 in the parameter group, then reboot; on Azure: the server"
                            + " parameter wal_level, then restart)"));
        }
        room(
                findings,
                server,
                "PF003",
                "max_replication_slots",
                Query.number(source, "SELECT current_setting('max_replication_slots')"),
                Query.number(source, "SELECT count(*) FROM pg_replication_slots"));
        room(
                findings,
                server,
                "PF004",
                "max_wal_senders",
                Query.number(source, "SELECT current_setting('max_wal_senders')"),
                Query.number(source, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender'"));
    }

    private static void room(
            Consumer<Finding> findings, String server, String code, String setting, long most, long used) {
        if (most - used < NEEDED) {
            findings.accept(Finding.serverError(
                    ExitCode.SOURCE,
                    code,
                    server,
                    "%s is %d and %d of them are in use; %d free ones are needed"
                            .formatted(setting, most, used, NEEDED),
                    "ALTER SYSTEM SET %s = %d; then restart the server".formatted(setting, used + NEEDED + 2)));
        }
    }

    /**
     * Whether the source is too old.
     *
     * @param number {@code server_version_num}
     */
    static Optional<Finding> version(String server, long number, String version) {
        return number >= LEAST_VERSION
                ? Optional.empty()
                : Optional.of(Finding.serverError(
                        ExitCode.SOURCE,
                        "PF001",
                        server,
                        "the source is PostgreSQL %s; version 14 or later is needed".formatted(version),
                        "upgrade the source first"));
    }
}
