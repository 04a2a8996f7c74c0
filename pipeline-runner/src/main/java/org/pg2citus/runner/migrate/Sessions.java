package org.pg2citus.runner.migrate;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Supplier;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;

/**
 * The run's own session on each side, opened again when a server restarts. The target's holds the lock against a
 * second run.
 */
final class Sessions implements AutoCloseable {

    /** A server that is away longer ends the run; the next one continues. */
    private static final int ATTEMPTS = 120;

    private static final Duration PAUSE = Duration.ofSeconds(5);

    /** Reads with a session; may be called again with another one. */
    @FunctionalInterface
    interface Reading<T> {
        T read(Connection connection) throws SQLException;
    }

    private final Server sourceServer;
    private final Server targetServer;
    private final String migration;
    private final MigrationListener listener;
    private final StopSignal stop;
    private Connection source;
    private Connection target;

    /**
     * Opens both.
     *
     * @throws MigrationException when a server does not let us in, or another run has the lock
     */
    Sessions(MigrationSettings settings, MigrationListener listener, StopSignal stop) {
        this.sourceServer = new Server(Side.SOURCE, settings.source(), settings.name());
        this.targetServer = new Server(Side.TARGET, settings.target(), settings.name());
        this.migration = settings.name();
        this.listener = listener;
        this.stop = stop;
        source = sourceServer.connect(RunLock.purpose());
        try {
            target = openTarget();
        } catch (RuntimeException e) {
            closeQuietly(source);
            throw e;
        }
    }

    Server sourceServer() {
        return sourceServer;
    }

    Server targetServer() {
        return targetServer;
    }

    Connection source() {
        return source;
    }

    Connection target() {
        return target;
    }

    /** Does something once on the source. */
    <T> T onSource(String doing, Reading<T> reading) {
        try {
            return reading.read(source);
        } catch (SQLException e) {
            throw sourceServer.failure(e, doing);
        }
    }

    /** Does something once on the target. */
    <T> T onTarget(String doing, Reading<T> reading) {
        try {
            return reading.read(target);
        } catch (SQLException e) {
            throw targetServer.failure(e, doing);
        }
    }

    /** Reads from the source, with new sessions while it is away. */
    <T> T readSource(String doing, Reading<T> reading) {
        for (int attempt = 1; ; attempt++) {
            try {
                return reading.read(source);
            } catch (SQLException e) {
                giveUpOrPause(e, sourceServer, doing, attempt);
                source = reopened(source, () -> sourceServer.connect(RunLock.purpose()));
            }
        }
    }

    /** Reads from the target, with new sessions while it is away. */
    <T> T readTarget(String doing, Reading<T> reading) {
        for (int attempt = 1; ; attempt++) {
            try {
                return reading.read(target);
            } catch (SQLException e) {
                giveUpOrPause(e, targetServer, doing, attempt);
                target = reopened(target, this::openTarget);
            }
        }
    }

    private void giveUpOrPause(SQLException e, Server server, String doing, int attempt) {
        if (!Server.isConnectionLoss(e) || attempt == ATTEMPTS || stop.isRequested()) {
            throw server.failure(e, doing);
        }
        if (attempt == 1) {
            listener.on(new Notice("the %s is away (%s); waiting for it"
                    .formatted(
                            server.side().word(),
                            String.valueOf(e.getMessage()).lines().findFirst().orElse(""))));
        }
        stop.await(PAUSE);
    }

    private static Connection reopened(Connection old, Supplier<Connection> opening) {
        closeQuietly(old);
        try {
            return opening.get();
        } catch (MigrationException e) {
            if (e.getCause() instanceof SQLException cause && Server.isConnectionLoss(cause)) {
                // Still away: the closed session fails the next attempt, which is counted.
                return old;
            }
            throw e;
        }
    }

    private Connection openTarget() {
        Connection connection = targetServer.connect(RunLock.purpose());
        try {
            RunLock.take(connection, migration, stop);
            return connection;
        } catch (SQLException e) {
            closeQuietly(connection);
            throw targetServer.failure(e, "taking the lock of migration " + migration);
        } catch (RuntimeException e) {
            closeQuietly(connection);
            throw e;
        }
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // It is given up in any case.
        }
    }

    @Override
    public void close() {
        closeQuietly(source);
        closeQuietly(target);
    }
}
