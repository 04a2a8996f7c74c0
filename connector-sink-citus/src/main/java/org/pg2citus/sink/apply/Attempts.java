package org.pg2citus.sink.apply;

import java.sql.SQLException;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.failure.Failure;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.failure.SqlStates;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a step against the target, again after errors that may pass, each time in a new session. */
final class Attempts {

    private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

    interface Step {
        void run() throws SQLException;
    }

    private final int max;
    private final Backoff backoff;
    private final ClaimedSession session;
    private final WriterMetrics metrics;

    Attempts(TargetSettings settings, ClaimedSession session, WriterMetrics metrics) {
        this.max = settings.maxAttempts();
        this.backoff = new Backoff(settings.firstBackoff(), settings.maxBackoff());
        this.session = session;
        this.metrics = metrics;
    }

    /** @param what for messages, for example {@code apply a batch} */
    void run(String what, Step step) {
        run(what, max, step);
    }

    void runOnce(String what, Step step) {
        run(what, 1, step);
    }

    private void run(String what, int attempts, Step step) {
        for (int failures = 1; ; failures++) {
            try {
                step.run();
                return;
            } catch (SQLException e) {
                session.discard();
                if (SqlStates.classify(e) == Failure.HALT) {
                    throw Halts.unusable(what, e);
                }
                if (failures >= attempts) {
                    throw new RetryLaterException("could not %s: %s".formatted(what, ErrorText.of(e)), e);
                }
                metrics.retried();
                LOG.warn("Could not {}, attempt {} of {}: {}", what, failures, attempts, ErrorText.of(e));
                Pause.of(backoff.after(failures));
            } catch (RuntimeException e) {
                session.discard();
                throw e;
            }
        }
    }

    /** Halts, naming the place, for errors that do not pass; the others go on to {@link #run}. */
    static SQLException haltOrSame(String place, SQLException e, boolean showKeys) {
        if (SqlStates.classify(e) == Failure.HALT) {
            throw Halts.refused(place, e, showKeys).ofTheData();
        }
        return e;
    }
}
