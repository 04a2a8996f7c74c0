package org.pg2citus.sink.apply;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Optional;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.progress.PipelineUse;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.progress.ProgressTable;
import org.pg2citus.sink.progress.StateSchema;

/**
 * The one session that may write for the pipeline: opened when it is needed, and then claimed against all others, with the
 * outcome of earlier commits made certain.
 */
final class ClaimedSession {

    /** PostgreSQL cuts application names at this length. */
    private static final int MAX_APPLICATION_NAME = 63;

    private final TargetSettings settings;
    private final ProgressTable progressTable;
    private final WriterMetrics metrics;
    private final String pipeline;
    private final String applicationName;

    /** Read by the thread that aborts it. */
    private volatile Optional<Session> session = Optional.empty();

    private Optional<Progress> durable = Optional.empty();

    ClaimedSession(TargetSettings settings, String pipeline, ProgressTable progressTable, WriterMetrics metrics) {
        this.settings = settings;
        this.progressTable = progressTable;
        this.metrics = metrics;
        this.pipeline = pipeline;
        this.applicationName = applicationName(pipeline);
    }

    /**
     * The session, opened if there is none.
     *
     * @throws HaltException AP007 when another task has claimed the pipeline; AP008 when a two-phase transaction stays in
     *     doubt
     */
    Session get() throws SQLException {
        if (session.isEmpty()) {
            Session opened = Session.open(settings, applicationName, pipeline);
            session = Optional.of(opened);
            requireNotInterrupted();
            claim(opened);
        }
        return session.get();
    }

    /** The progress as the target had it when the session was opened, or last read or wrote it. */
    Progress durable() {
        return durable.orElseThrow(() -> new AssertionError("the progress is known before there is a session"));
    }

    void readDurable() throws SQLException {
        durable = Optional.of(progressTable.read(get().connection()));
    }

    void becameDurable(Progress written) {
        durable = Optional.of(written);
    }

    void discard() {
        session.ifPresent(Session::close);
        session = Optional.empty();
    }

    void abort() {
        session.ifPresent(Session::abort);
    }

    /** A task that was told to stop while it connected must not fence the one that took its place. */
    private static void requireNotInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new RetryLaterException("interrupted while connecting to the target", null);
        }
    }

    private void claim(Session opened) throws SQLException {
        if (durable.isEmpty()) {
            StateSchema.create(opened.connection());
        } else {
            metrics.reconnected();
        }
        progressTable.requireNotFenced(opened.connection());
        opened.endOlderSessions();
        // First the claim, which waits for older sessions to finish their commit and fences what comes later; then what
        // those commits may have left in doubt; only then is the progress final.
        progressTable.claim(opened.connection());
        PipelineUse.sign(opened.connection(), pipeline, settings.connector());
        if (opened.citus() && InDoubtTransactions.await(opened.connection(), settings.inDoubtTimeout())) {
            metrics.waitedInDoubt();
        }
        durable = Optional.of(progressTable.read(opened.connection()));
    }

    private static String applicationName(String pipeline) {
        String name = "pg2citus sink " + pipeline;
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MAX_APPLICATION_NAME && name.length() == bytes.length) {
            return name;
        }
        // Cut off it could be another pipeline's, whose sessions must not be ended.
        return "pg2citus sink " + Session.digest(name);
    }
}
