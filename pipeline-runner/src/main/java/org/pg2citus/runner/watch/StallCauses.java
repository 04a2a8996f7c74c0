package org.pg2citus.runner.watch;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.pg2citus.runner.snapshot.Slot;

/** Looks on both sides for what keeps the sink from going on. */
public final class StallCauses {

    // On Citus most waits are on the workers, of sessions of its own: those of the clients are to be named.
    private static final String CITUS_WAITS =
            """
            SELECT format('%s waits for a lock of session %s: %s', left(w.blocked_statement, 80), b.pid,
                          left(w.current_statement_in_blocking_process, 200)), b.pid
            FROM citus_lock_waits w
            JOIN citus_stat_activity s ON s.global_pid = w.waiting_gpid
            LEFT JOIN citus_stat_activity b ON b.global_pid = w.blocking_gpid AND NOT b.is_worker_query
            WHERE s.application_name = ? LIMIT 1""";

    private static final String WAITS =
            """
            SELECT format('%s waits for a lock of session %s (user %s, application %s, in a transaction for %s): %s',
                          left(a.query, 80), b.pid, b.usename, b.application_name,
                          date_trunc('second', now() - b.xact_start), left(b.query, 200)), b.pid
            FROM pg_stat_activity a
            JOIN LATERAL unnest(pg_blocking_pids(a.pid)) blocking(pid) ON true
            JOIN pg_stat_activity b ON b.pid = blocking.pid
            WHERE a.application_name = ? AND a.wait_event_type = 'Lock' LIMIT 1""";

    private static final String BUSY =
            """
            SELECT format('it runs %s for %s%s', left(query, 200), date_trunc('second', now() - query_start),
                          coalesce(', waiting for ' || wait_event_type || ' ' || wait_event, ''))
            FROM pg_stat_activity WHERE application_name = ? AND state = 'active' LIMIT 1""";

    private static final String CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = ?";

    private static final String OLDEST =
            """
            SELECT format('pid %s, user %s, application %s, open for %s', pid, usename, application_name,
                          date_trunc('second', now() - xact_start))
            FROM pg_stat_activity
            WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND xact_start < now() - interval '1 min'
            ORDER BY xact_start LIMIT 1""";

    private final String sinkSessions;

    /** @param migration whose sink's sessions are looked at; the sink gives them their name */
    public StallCauses(String migration) {
        this.sinkSessions = "pg2citus sink " + migration;
    }

    /** The transaction of the source that is open longest, if for more than a minute. */
    public static Optional<String> oldestTransaction(Connection source) throws SQLException {
        try (PreparedStatement query = source.prepareStatement(OLDEST);
                ResultSet row = query.executeQuery()) {
            return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
        }
    }

    /** What keeps the sink from going on, as far as it can be seen. */
    public Cause find(Connection target, boolean citus, Optional<Slot> slot) throws SQLException {
        Optional<Cause> lock = waits(target, citus ? CITUS_WAITS : WAITS);
        if (lock.isEmpty() && citus) {
            lock = waits(target, WAITS);
        }
        if (lock.isPresent()) {
            return lock.get();
        }
        Optional<String> busy = text(target, BUSY);
        if (busy.isPresent()) {
            return new Cause(
                    "WT002",
                    "the sink is at work, and has not finished: " + busy.get(),
                    "a large transaction takes its time; if this lasts, look at the target's load and at EXPLAIN of the"
                            + " statement");
        }
        if (text(target, CONNECTED).filter(count -> !count.equals("0")).isEmpty()) {
            return new Cause(
                    "WT003",
                    "no sink is connected to the target",
                    "see that 'pg2citus migrate' (or the sink connector) runs, and look at its log");
        }
        if (slot.filter(Slot::active).isEmpty()) {
            return new Cause(
                    "WT004",
                    "nobody reads the replication slot: nothing is captured, and the source keeps its WAL",
                    "see that 'pg2citus migrate' (or the source connector) runs, and look at its log");
        }
        return new Cause(
                "WT005",
                "the sink waits for records, and the slot is being read",
                "look at the source connector's log and at Kafka; a source transaction that is still open is sent only"
                        + " when it ends");
    }

    private Optional<Cause> waits(Connection target, String sql) throws SQLException {
        try (PreparedStatement query = target.prepareStatement(sql)) {
            query.setString(1, sinkSessions);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(new Cause(
                                "WT001",
                                "the sink is blocked: " + row.getString(1),
                                "end that transaction, or on the target: SELECT pg_terminate_backend(%s);"
                                        .formatted(row.getString(2))))
                        : Optional.empty();
            }
        }
    }

    private Optional<String> text(Connection target, String sql) throws SQLException {
        try (PreparedStatement query = target.prepareStatement(sql)) {
            query.setString(1, sinkSessions);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
            }
        }
    }
}
