package org.pg2citus.sink.apply;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.failure.Failure;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.failure.SqlStates;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.progress.ProgressTable;
import org.pg2citus.sink.progress.StateSchema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes batches to the target, each in one target transaction together with its progress, so that a batch is there with
 * its progress or not at all.
 *
 * <p>Only one writer of a pipeline can commit: opening one fences all others. After a lost connection the outcome of the
 * last commit is read from the progress, once Citus has no two-phase transaction in doubt.
 *
 * <p>For one thread; {@link #metrics} may be read by any.
 *
 * <p>All methods throw {@link HaltException} for what no retry mends, and {@link RetryLaterException} when the allowed
 * attempts are spent. After either, nothing of the call is applied, and the session is gone; after the latter, the call
 * may be made again with the same arguments.
 */
public final class TargetWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TargetWriter.class);

    /** PostgreSQL cuts application names at this length. */
    private static final int MAX_APPLICATION_NAME = 63;

    private final TargetSettings settings;
    private final String applicationName;
    private final ProgressTable progressTable;
    private final Backoff backoff;
    private final WriterMetrics metrics = new WriterMetrics();

    private Optional<Session> session = Optional.empty();
    private Optional<BatchWriter> streaming = Optional.empty();
    private Progress progress;
    private Map<TableId, Lsn> copyLsns = Map.of();

    private TargetWriter(TargetSettings settings, String pipeline, String topic, int partition) {
        this.settings = requireNonNull(settings, "settings is null");
        this.applicationName = applicationName(pipeline);
        this.progressTable = new ProgressTable(pipeline, topic, partition);
        this.backoff = new Backoff(settings.firstBackoff(), settings.maxBackoff());
    }

    /**
     * Connects, creates the schema pg2citus if it is missing, fences other writers of the pipeline, waits for two-phase
     * transactions in doubt, and reads the progress.
     *
     * @param topic the topic and partition that offsets of the progress belong to
     */
    public static TargetWriter open(TargetSettings settings, String pipeline, String topic, int partition) {
        TargetWriter writer = new TargetWriter(settings, pipeline, topic, partition);
        writer.attempt("open the target", () -> {
            Connection connection = writer.connected().connection();
            writer.copyLsns = writer.progressTable.copyLsns(connection);
        });
        return writer;
    }

    /** What is durable in the target, and up to where others want the pipeline to go. */
    public Progress progress() {
        return progress;
    }

    /**
     * The progress as the target has it now. To be called after {@link RetryLaterException}, if the next call will not have
     * the same arguments: the commit may have happened all the same.
     */
    public Progress refresh() {
        attempt("read the progress", () -> {
            progress = progressTable.read(connected().connection());
        });
        return progress;
    }

    /** For each table that was copied by itself, the LSN of the copy's snapshot: older changes are in the copy. */
    public Map<TableId, Lsn> copyLsns() {
        return copyLsns;
    }

    /** Reads {@link #copyLsns} again. */
    public void reloadCopyLsns() {
        attempt("read pg2citus.copied_table", () -> {
            copyLsns = progressTable.copyLsns(connected().connection());
        });
    }

    public WriterMetrics metrics() {
        return metrics;
    }

    /** Applies a batch and sets the progress, in one target transaction. The batch may be empty. */
    public void apply(List<TableDelta> deltas, Progress next) {
        requireNotStreaming();
        Progress previous = progress;
        attempt("apply a batch", () -> {
            if (isAppliedAfterReconnect(previous, next)) {
                return;
            }
            Session open = connected();
            open.begin();
            BatchWriter batch = new BatchWriter(open, metrics);
            try {
                batch.write(deltas);
            } catch (SQLException e) {
                throw haltOrSame(batch.place(), e);
            }
            try {
                commit(open, next);
            } catch (SQLException e) {
                // Deferred constraints are checked only here.
                throw haltOrSame("the batch, at its commit", e);
            }
        });
    }

    /** Begins a target transaction for a source transaction that is too large for one batch. */
    public void begin() {
        requireNotStreaming();
        Progress previous = progress;
        attempt("begin a transaction", () -> {
            Session open = connected();
            requireUnchanged(previous);
            open.begin();
            streaming = Optional.of(new BatchWriter(open, metrics));
        });
    }

    /** Writes one part, in source order. Never tried again: after {@link RetryLaterException} begin anew. */
    public void write(List<TableDelta> deltas) {
        BatchWriter batch = requireStreaming();
        try {
            batch.write(deltas);
        } catch (SQLException e) {
            discard();
            throw haltOrRetryLater("write a part of a large transaction", haltOrSame(batch.place(), e));
        } catch (RuntimeException e) {
            discard();
            throw e;
        }
    }

    /** Commits what was written since {@link #begin}. After {@link RetryLaterException} begin anew. */
    public void commit(Progress next) {
        requireStreaming();
        Progress previous = progress;
        boolean[] tried = {false};
        attempt("commit a large transaction", () -> {
            if (tried[0]) {
                connected();
                if (isAppliedAfterReconnect(previous, next)) {
                    return;
                }
                throw new RetryLaterException(
                        "the connection was lost before the commit of a large transaction; it is not applied", null);
            }
            tried[0] = true;
            try {
                commit(session.orElseThrow(), next);
            } catch (SQLException e) {
                throw haltOrSame("the large transaction, at its commit", e);
            }
        });
        streaming = Optional.empty();
    }

    /** Undoes what was written since {@link #begin}. */
    public void rollback() {
        requireStreaming();
        discard();
    }

    @Override
    public void close() {
        discard();
    }

    /** The session; a new one is opened, and the pipeline claimed with it, when there is none. */
    private Session connected() throws SQLException {
        if (session.isPresent()) {
            return session.get();
        }
        if (progress != null) {
            metrics.reconnected();
        }
        Session opened = Session.open(settings, applicationName);
        session = Optional.of(opened);
        progressTable.requireNotFenced(opened.connection());
        opened.endOlderSessions();
        if (progress == null) {
            StateSchema.create(opened.connection());
        }
        // First the claim, which waits for older sessions to finish their commit and fences what comes later; then what
        // those commits may have left in doubt; only then is the progress final.
        progressTable.claim(opened.connection());
        if (opened.citus() && InDoubtTransactions.await(opened.connection(), settings.inDoubtTimeout())) {
            metrics.waitedInDoubt();
        }
        progress = progressTable.read(opened.connection());
        return opened;
    }

    private void commit(Session open, Progress next) throws SQLException {
        Progress written = progressTable.write(open.connection(), next);
        boolean complete = open.commit();
        progress = written;
        metrics.committed();
        if (!complete) {
            LOG.warn("A Citus worker was lost while a transaction was committed; waiting for Citus to recover it");
            discard();
            // The transaction is committed. If the wait fails now, the next call waits before it does anything else.
            try {
                connected();
            } catch (SQLException e) {
                LOG.warn("The target cannot be used for now: {}", ErrorText.of(e));
                discard();
            }
        }
    }

    /** True when a commit whose outcome was unknown turns out to have happened. */
    private boolean isAppliedAfterReconnect(Progress previous, Progress next) throws SQLException {
        connected();
        if (progress.isSamePoint(previous)) {
            return false;
        }
        metrics.outcomeUnknown();
        if (progress.isSamePoint(next)) {
            return true;
        }
        throw changedByOthers(previous);
    }

    private void requireUnchanged(Progress previous) {
        if (!progress.isSamePoint(previous)) {
            throw changedByOthers(previous);
        }
    }

    private HaltException changedByOthers(Progress previous) {
        return new HaltException(
                "AP013",
                ("the progress in the target is at %s, but this task left it at %s: somebody changed pg2citus.progress"
                                + " while the task ran. Start the task again; it then goes on from what is there.")
                        .formatted(progress.appliedLsn(), previous.appliedLsn()));
    }

    private interface Step {
        void run() throws SQLException;
    }

    /** Runs a step, again after errors that may pass, up to the allowed number of attempts. */
    private void attempt(String what, Step step) {
        for (int failures = 0; ; ) {
            try {
                step.run();
                return;
            } catch (SQLException e) {
                discard();
                failures++;
                if (SqlStates.classify(e) == Failure.HALT || failures >= settings.maxAttempts()) {
                    throw haltOrRetryLater(what, e);
                }
                metrics.retried();
                LOG.warn("Could not {}, attempt {} of {}: {}", what, failures, settings.maxAttempts(), ErrorText.of(e));
                Pause.of(backoff.after(failures));
            } catch (RuntimeException e) {
                discard();
                throw e;
            }
        }
    }

    /** Halts naming the table; errors that may pass go on as they are. */
    private static SQLException haltOrSame(String place, SQLException e) {
        if (SqlStates.classify(e) == Failure.HALT) {
            throw Halts.refused(place, e);
        }
        return e;
    }

    private RuntimeException haltOrRetryLater(String what, SQLException e) {
        if (SqlStates.classify(e) == Failure.HALT) {
            return Halts.unusable(what, e);
        }
        return new RetryLaterException("could not %s: %s".formatted(what, ErrorText.of(e)), e);
    }

    private void discard() {
        session.ifPresent(Session::close);
        session = Optional.empty();
        streaming = Optional.empty();
    }

    private void requireNotStreaming() {
        if (streaming.isPresent()) {
            throw new IllegalStateException("a large transaction is open");
        }
    }

    private BatchWriter requireStreaming() {
        return streaming.orElseThrow(() -> new IllegalStateException("no large transaction is open"));
    }

    private static String applicationName(String pipeline) {
        String name = "pg2citus sink " + pipeline;
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MAX_APPLICATION_NAME && name.length() == bytes.length) {
            return name;
        }
        // Cut off it could be another pipeline's, whose sessions must not be ended.
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return "pg2citus sink %08x".formatted(sum.getValue());
    }
}
