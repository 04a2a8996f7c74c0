package org.pg2citus.sink.failure;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * Decides from an error's SQLSTATE whether to retry or to halt. What is not listed halts.
 *
 * <p>Sources: <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>; for
 * Citus, which reports many failures of its workers as XX000, its messages.
 */
public final class SqlStates {

    private static final Map<String, Failure> BY_STATE = Map.ofEntries(
            // Serialization and deadlock: undone as a whole, so the whole transaction is done again. Not 40002, which
            // is a constraint violation.
            Map.entry("40000", Failure.RETRY),
            Map.entry("40001", Failure.RETRY),
            Map.entry("40003", Failure.RETRY),
            Map.entry("40P01", Failure.RETRY),
            // Somebody holds a lock: a shard move's last step, DDL, a reader with LOCK TABLE.
            Map.entry("55P03", Failure.RETRY),
            Map.entry("55006", Failure.RETRY),
            // Statement timeout, or a cancel by an operator.
            Map.entry("57014", Failure.RETRY),
            // The server is stopping, crashed, or not yet up.
            Map.entry("57P01", Failure.RETRY),
            Map.entry("57P02", Failure.RETRY),
            Map.entry("57P03", Failure.RETRY),
            Map.entry("57P05", Failure.RETRY),
            Map.entry("25P03", Failure.RETRY),
            Map.entry("25P04", Failure.RETRY),
            // Out of disk, memory or connections: others may free them, the retries are bounded. Not 53400, a limit
            // that somebody configured.
            Map.entry("53000", Failure.RETRY),
            Map.entry("53100", Failure.RETRY),
            Map.entry("53200", Failure.RETRY),
            Map.entry("53300", Failure.RETRY),
            Map.entry("58000", Failure.RETRY),
            Map.entry("58030", Failure.RETRY));

    /**
     * Citus reports these without an SQLSTATE of their own, and so it does with whatever a worker reports during COPY. The
     * texts are not translated, unless the servers' lc_messages says so; then they halt.
     */
    private static final List<String> RETRIED_INTERNAL_ERRORS = List.of(
            // A worker was lost, or could not be reached: the transaction is rolled back, or its outcome is in the
            // progress.
            "could not commit transaction for shard",
            "failure on connection marked as essential",
            "failed to prepare transaction",
            "connection to the remote node",
            "connection establishment for node",
            "could not establish any connections",
            "could not connect to any active placements",
            "could not find an available connection",
            "connection not open",
            "server closed the connection unexpectedly",
            "connection has been closed unexpectedly",
            "terminating connection due to",
            "the database system is",
            // What a worker reports during COPY: 55P03, 57014, 40P01, 40001, 53300, 53200, 53100.
            "canceling statement due to lock timeout",
            "canceling statement due to statement timeout",
            "deadlock",
            "could not serialize access",
            "too many clients",
            "remaining connection slots",
            "out of memory",
            "No space left on device",
            // The coordinator is going down.
            "postmaster was shut down",
            // The session was left in parallel mode; a new one starts in sequential mode.
            "because there was a parallel",
            "cannot open new connections after the first modification",
            // Somebody changed or moved the table meanwhile.
            "could not find valid entry for shard",
            "tuple concurrently updated",
            "cache lookup failed for");

    private SqlStates() {}

    /** Decides for an error as the driver threw it; of a batch's errors the first that the server reported counts. */
    public static Failure classify(SQLException error) {
        SQLException reported = reported(error);
        String state = reported.getSQLState();
        if (state == null) {
            return Failure.HALT;
        }
        if (state.startsWith("08")) {
            return Failure.RETRY;
        }
        if (state.equals("XX000")) {
            String text = text(reported);
            return RETRIED_INTERNAL_ERRORS.stream().anyMatch(text::contains) ? Failure.RETRY : Failure.HALT;
        }
        // A statement prepared before DDL on its table; a new session prepares it anew.
        if (state.equals("0A000") && text(reported).contains("cached plan must not change result type")) {
            return Failure.RETRY;
        }
        return BY_STATE.getOrDefault(state, Failure.HALT);
    }

    /**
     * True when a unique or exclusion constraint was violated. COPY into a Citus table reports it as XX000, with the text
     * of the worker.
     */
    public static boolean isCollision(SQLException error) {
        SQLException reported = reported(error);
        return "23505".equals(reported.getSQLState())
                || "23P01".equals(reported.getSQLState())
                || isInternalError(reported, "duplicate key value violates unique constraint")
                || isInternalError(reported, "violates exclusion constraint");
    }

    /** True when a foreign key was violated, also where COPY reports it as XX000. */
    public static boolean isForeignKeyViolation(SQLException error) {
        SQLException reported = reported(error);
        return "23503".equals(reported.getSQLState()) || isInternalError(reported, "violates foreign key constraint");
    }

    /** The SQLSTATE that the server reported. */
    public static String state(SQLException error) {
        return String.valueOf(reported(error).getSQLState());
    }

    /** The error that the server reported: a failed batch wraps it. */
    static SQLException reported(SQLException error) {
        SQLException next = error.getNextException();
        return error instanceof BatchUpdateException && next != null ? next : error;
    }

    private static boolean isInternalError(SQLException error, String text) {
        return "XX000".equals(error.getSQLState()) && text(error).contains(text);
    }

    private static String text(SQLException error) {
        return String.valueOf(error.getMessage());
    }
}
