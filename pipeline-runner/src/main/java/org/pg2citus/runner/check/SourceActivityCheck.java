package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.pg2citus.runner.failure.ExitCode;

/** What a slot would have to wait for: it is made only when every transaction that was open has ended. */
final class SourceActivityCheck implements Check {

    private static final String LONG_TRANSACTIONS =
            """
            SELECT format('pid %s (user %s, application %s) for %s', pid, usename, application_name,
                          date_trunc('second', now() - xact_start))
            FROM pg_stat_activity
            WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND xact_start <= now() - ?::interval
            ORDER BY xact_start LIMIT 5""";

    // Of every database: the slot waits for all of them. Prepared ones end only when somebody ends them.
    private static final String PREPARED =
            """
            SELECT format('%L, prepared by %s in database %s %s ago', gid, owner, database,
                          date_trunc('second', now() - prepared))
            FROM pg_prepared_xacts WHERE prepared <= now() - ?::interval ORDER BY prepared LIMIT 5""";

    private final Duration longTime;

    /** @param longTime an application's own transactions are taken to be shorter */
    SourceActivityCheck(Duration longTime) {
        this.longTime = longTime;
    }

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        Connection source = inspection.source();
        String server = "source " + inspection.settings().source();
        List<String> open = Query.texts(source, LONG_TRANSACTIONS, longTime.toString());
        if (!open.isEmpty()) {
            findings.accept(Finding.warning(
                    "PF020",
                    server,
                    "transactions are open for long, and the slot can be made only when they have ended: "
                            + String.join("; ", open),
                    "wait for them, or end them: SELECT pg_terminate_backend(<pid>);"));
        }
        List<String> prepared = Query.texts(source, PREPARED, longTime.toString());
        if (!prepared.isEmpty()) {
            findings.accept(Finding.serverError(
                    ExitCode.SOURCE,
                    "PF021",
                    server,
                    "prepared transactions are left, and no slot can be made before they have ended: "
                            + String.join("; ", prepared),
                    "in their database, COMMIT PREPARED '<gid>'; or ROLLBACK PREPARED '<gid>';"));
        }
    }
}
