package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.postgresql.PGConnection;

/**
 * Makes a slot with its snapshot. The source answers only when every transaction that was open has ended, which may
 * take as long as the application likes: so we say who is waited for, and can be stopped.
 */
public final class SlotMaking {

    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration SILENT = Duration.ofSeconds(5);

    private static final String OLDEST =
            """
            SELECT format('pid %s, user %s, application %s, open for %s', pid, usename, application_name,
                          date_trunc('second', now() - xact_start))
            FROM pg_stat_activity
            WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
            ORDER BY xact_start LIMIT 1""";

    private final Server source;
    private final MigrationListener listener;
    private final StopSignal stop;

    /** @param listener is told who is waited for */
    public SlotMaking(Server source, MigrationListener listener, StopSignal stop) {
        this.source = source;
        this.listener = listener;
        this.stop = stop;
    }

    /** Empty when it was stopped; nothing is left then. */
    public Optional<ExportedSnapshot> make(String slot, boolean temporary) {
        Connection session = ExportedSnapshot.openSession(source);
        FutureTask<ExportedSnapshot> making = new FutureTask<>(() -> ExportedSnapshot.create(session, slot, temporary));
        Thread thread = new Thread(making, "make-slot");
        thread.setDaemon(true);
        thread.start();
        long startedNanos = System.nanoTime();
        boolean told = false;
        while (true) {
            try {
                return Optional.of(making.get(TICK.toMillis(), TimeUnit.MILLISECONDS));
            } catch (TimeoutException e) {
                if (stop.isRequested()) {
                    cancel(session);
                    return Optional.empty();
                }
                if (!told && System.nanoTime() - startedNanos > SILENT.toNanos()) {
                    told = true;
                    tellWhoIsWaitedFor();
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SQLException cause) {
                    throw source.failure(cause, "making replication slot " + slot);
                }
                throw new MigrationException(
                        ExitCode.INTERNAL, "SL009", "making a slot failed: " + e.getCause(), "report it", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                stop.request();
            }
        }
    }

    private void tellWhoIsWaitedFor() {
        try (Connection session = source.connect("looking for open transactions");
                PreparedStatement statement = session.prepareStatement(OLDEST);
                ResultSet row = statement.executeQuery()) {
            listener.on(new Notice("waiting for transactions that are open on the source; the oldest: "
                    + (row.next() ? row.getString(1) : "not visible to this role")));
        } catch (SQLException e) {
            throw source.failure(e, "looking for open transactions");
        }
    }

    /** Closing the socket would not do: the server looks at it only when the wait is over. */
    private void cancel(Connection waiting) {
        try (Connection session = source.connect("stopping");
                PreparedStatement statement = session.prepareStatement("SELECT pg_terminate_backend(?)")) {
            statement.setInt(1, waiting.unwrap(PGConnection.class).getBackendPID());
            statement.executeQuery().close();
        } catch (SQLException e) {
            throw source.failure(e, "stopping");
        }
    }
}
