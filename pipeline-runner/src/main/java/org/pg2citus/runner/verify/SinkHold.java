package org.pg2citus.runner.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.sink.change.Lsn;

/**
 * Has the sink stop at a position of the source's WAL: everything that committed before it is applied, nothing after.
 *
 * <p>The sink reads {@code hold_at_lsn} with each write of its progress, so a transaction that it applies at this moment
 * may lie behind a hold that was set just now. Only after a write that followed the setting is it known that nothing
 * newer will be applied: {@link #place} waits for it.
 */
public final class SinkHold implements AutoCloseable {

    private static final Duration TICK = Duration.ofMillis(100);

    private final String pipeline;
    private final Server server;
    private final Connection target;
    private final StopSignal stop;
    private boolean placed;

    /** @param target a session in autocommit mode, for this alone */
    public SinkHold(String pipeline, Server server, Connection target, StopSignal stop) {
        this.pipeline = pipeline;
        this.server = server;
        this.target = target;
        this.stop = stop;
    }

    /** Where the sink is held; empty when it is not. */
    public static Optional<Lsn> current(Connection target, String pipeline) throws SQLException {
        try (PreparedStatement query =
                target.prepareStatement("SELECT hold_at_lsn FROM pg2citus.progress WHERE pipeline = ?")) {
            query.setString(1, pipeline);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.ofNullable(row.getString(1)).map(Lsn::parse) : Optional.empty();
            }
        }
    }

    /** Lifts a hold, whoever has set it. */
    public static void lift(Connection target, String pipeline) throws SQLException {
        try (PreparedStatement update =
                target.prepareStatement("UPDATE pg2citus.progress SET hold_at_lsn = NULL WHERE pipeline = ?")) {
            update.setString(1, pipeline);
            update.executeUpdate();
        }
    }

    /** Where the source's WAL ends now. */
    public static Lsn written(Connection source) throws SQLException {
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()")) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }

    /**
     * Holds the sink, at the latest behind what it applies at this moment.
     *
     * @return when it was set, by the target's clock
     * @throws MigrationException VF001 when it is held already
     */
    public static String set(Connection target, String pipeline, Lsn lsn) throws SQLException {
        try (PreparedStatement update = target.prepareStatement(
                        """
                        UPDATE pg2citus.progress SET hold_at_lsn = ?::pg_lsn
                        WHERE pipeline = ? AND hold_at_lsn IS NULL""");
                // In a statement of its own: Citus lets an update return no value of a clock.
                Statement clock = target.createStatement()) {
            update.setString(1, lsn.toString());
            update.setString(2, pipeline);
            if (update.executeUpdate() == 1) {
                try (ResultSet row = clock.executeQuery("SELECT clock_timestamp()")) {
                    row.next();
                    return row.getString(1);
                }
            }
        }
        throw new MigrationException(
                ExitCode.STATE,
                "VF001",
                current(target, pipeline)
                        .map(held -> "the sink is held already, at " + held)
                        .orElse("the sink of this migration has never run"),
                "wait for the command that holds it; if that was killed, or it was paused: pg2citus resume; if the"
                        + " migration still copies, wait until it streams");
    }

    /**
     * Holds the sink at the latest at {@code lsn}, and waits until it has taken notice.
     *
     * @param source to have the source send something, so that an idle sink writes its progress
     * @throws MigrationException VF001 when it is held already, VF002 when no sink takes notice in time
     */
    public void place(Lsn lsn, Connection source, Duration timeout) throws SQLException {
        String setAt = set(target, pipeline, lsn);
        placed = true;
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!isNoticed(setAt)) {
            nudge(source);
            if (stop.await(TICK) || System.nanoTime() - deadline >= 0) {
                throw new MigrationException(
                        ExitCode.STATE,
                        "VF002",
                        "the sink has not written its progress for %d s: it does not run, or cannot reach the target"
                                .formatted(timeout.toSeconds()),
                        "have 'pg2citus migrate' (or the sink connector) run, look at 'pg2citus status', then run this"
                                + " again");
            }
        }
    }

    /** Moves the hold forward, and waits until the sink has applied everything before it. */
    public void moveTo(Lsn lsn, Connection source, Duration timeout) throws SQLException {
        try (PreparedStatement update =
                target.prepareStatement("UPDATE pg2citus.progress SET hold_at_lsn = ?::pg_lsn WHERE pipeline = ?")) {
            update.setString(1, lsn.toString());
            update.setString(2, pipeline);
            update.executeUpdate();
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        while (reached().compareTo(lsn) < 0) {
            nudge(source);
            if (stop.await(TICK) || System.nanoTime() - deadline >= 0) {
                throw new MigrationException(
                        ExitCode.STALLED,
                        "VF003",
                        "the sink has not reached %s within %d s; it is at %s"
                                .formatted(lsn, timeout.toSeconds(), reached()),
                        "look at 'pg2citus status'; run this again when the lag is small, or with a longer --timeout");
            }
        }
    }

    private boolean isNoticed(String setAt) throws SQLException {
        try (PreparedStatement query = target.prepareStatement(
                "SELECT applied_at > ?::timestamptz FROM pg2citus.progress WHERE pipeline = ?")) {
            query.setString(1, setAt);
            query.setString(2, pipeline);
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private Lsn reached() throws SQLException {
        return reached(target, pipeline);
    }

    /** Where the sink is: everything that committed before is applied. */
    public static Lsn reached(Connection target, String pipeline) throws SQLException {
        try (PreparedStatement query = target.prepareStatement(
                "SELECT greatest(applied_lsn, seen_lsn) FROM pg2citus.progress WHERE pipeline = ?")) {
            query.setString(1, pipeline);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return Lsn.parse(row.getString(1));
            }
        }
    }

    /** Has the source write something, so that an idle sink writes its progress. */
    public static void nudge(Connection source) throws SQLException {
        try (Statement statement = source.createStatement()) {
            // With a transaction id, so that its commit is written out and decoded at once.
            statement
                    .executeQuery("SELECT pg_logical_emit_message(false, 'pg2citus', ''), pg_current_xact_id()")
                    .close();
        }
    }

    /** Lets the sink go on. */
    @Override
    public void close() {
        if (!placed) {
            return;
        }
        try {
            lift(target, pipeline);
            placed = false;
        } catch (SQLException e) {
            throw server.failure(e, "letting the sink go on (pg2citus resume does it)");
        }
    }
}
