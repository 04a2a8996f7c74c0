package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.postgres.Side;

/** Free connections on both sides, for copying and the sessions beside it. */
final class ConnectionRoomCheck implements Check {

    /** The stream's own, its catalog session, the watching one, the snapshot's, a command beside. */
    private static final int BESIDE_JOBS = 5;

    private static final String FREE =
            """
            SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                   - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')""";

    private final Side side;

    ConnectionRoomCheck(Side side) {
        this.side = side;
    }

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        boolean ofSource = side == Side.SOURCE;
        Connection connection = ofSource ? inspection.source() : inspection.target();
        ServerAddress address = ofSource
                ? inspection.settings().source()
                : inspection.settings().target();
        long needed = (long) inspection.settings().copy().jobs() + BESIDE_JOBS;
        // The sessions of the checks themselves are counted as used, and end before the others begin.
        long free = Query.number(connection, FREE) + 1;
        if (free < needed) {
            findings.accept(Finding.serverError(
                    ofSource ? ExitCode.SOURCE : ExitCode.TARGET,
                    ofSource ? "PF009" : "PF035",
                    side.word() + " " + address,
                    "%d connections are free, %d are needed".formatted(free, needed),
                    "lower copy.jobs (%d), end idle sessions, or ALTER SYSTEM SET max_connections = ...; then restart the"
                                    .formatted(inspection.settings().copy().jobs())
                            + " server"));
        }
    }
}
