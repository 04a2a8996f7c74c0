package org.pg2citus.runner.migrate;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/**
 * Keeps a second run of the same migration out, from whatever machine: an advisory lock of the target session that the
 * run holds all the time.
 */
final class RunLock {

    private static final int ATTEMPTS = 20;
    private static final Duration PAUSE = Duration.ofMillis(500);

    private RunLock() {}

    /** What the session is for, and who has it: shown to a second run. */
    static String purpose() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown host";
        }
        return "%.24s, %d".formatted(host, ProcessHandle.current().pid());
    }

    /** Waits a little: the session of a process that was killed just now may still be ending. */
    static void take(Connection target, String migration, StopSignal stop) throws SQLException {
        try (Statement statement = target.createStatement()) {
            // A machine that vanished must not hold the lock for two hours.
            statement.execute(
                    "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4");
        }
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            if (isTaken(target, migration)) {
                return;
            }
            if (stop.await(PAUSE)) {
                break;
            }
        }
        throw new MigrationException(
                ExitCode.STATE,
                "ST001",
                "already running (%s)".formatted(holder(target, migration)),
                "wait for it or stop it; for another migration give another --name");
    }

    private static boolean isTaken(Connection target, String migration) throws SQLException {
        try (PreparedStatement statement =
                target.prepareStatement("SELECT pg_try_advisory_lock(hashtextextended('pg2citus.' || ?, 0))")) {
            statement.setString(1, migration);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static String holder(Connection target, String migration) throws SQLException {
        try (PreparedStatement statement = target.prepareStatement(
                """
                SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                  AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('pg2citus.' || ?, 0)""")) {
            statement.setString(1, migration);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getString(1) != null ? row.getString(1) : "unknown";
            }
        }
    }
}
