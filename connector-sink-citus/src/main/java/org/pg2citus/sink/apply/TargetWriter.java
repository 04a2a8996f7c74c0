package org.pg2citus.sink.apply;

import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.progress.CopyLedger;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.progress.ProgressTable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes batches to the target, each in one target transaction together with its progress, so that a batch is there with
 * its progress or not at all.
 *
 * <p>Only one writer of a pipeline can commit: opening one fences all others. After a lost connection the outcome of the
 * last commit is read from the progress, once Citus has no two-phase transaction in doubt.
 *
 * <p>For one thread; {@link #metrics} may be read, and {@link #abort} called, by any. An interrupted thread makes no new
 * session.
 *
 * <p>All methods throw {@link HaltException} for what no retry mends, and {@link RetryLaterException} when the allowed
 * attempts are spent. After the latter either the same call is made again, with the same arguments, or the caller goes on
 * from {@link #progress}. A commit whose outcome was lost may have happened all the same: the next call finds out, and if
 * the caller went on from before it, throws {@link RetryLaterException} once more, with {@link #progress} brought up to
 * date. So nothing is applied twice.
 */
public final class TargetWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TargetWriter.class);

    private final ProgressTable progressTable;
    private final boolean showKeys;
    private final WriterMetrics metrics = new WriterMetrics();
    private final ClaimedSession session;
    private final Attempts attempts;

    private Optional<BatchWriter> streaming = Optional.empty();
    private Progress progress;

    /** What the newest commit would have made of the progress, until its outcome is known. */
    private Optional<Progress> committing = Optional.empty();

    /** What that commit left out, to be counted once it is known to have happened. */
    private Optional<Divergences> uncounted = Optional.empty();

    private CopyLedger copyLedger = CopyLedger.EMPTY;

    private TargetWriter(TargetSettings settings, String pipeline, String topic, int partition) {
        this.showKeys = settings.showKeys();
        this.progressTable = new ProgressTable(pipeline, topic, partition);
        this.session = new ClaimedSession(settings, pipeline, progressTable, metrics);
        this.attempts = new Attempts(settings, session, metrics);
    }

    /**
     * Connects, creates the schema pg2citus if it is missing, fences other writers of the pipeline, waits for two-phase
     * transactions in doubt, and reads the progress.
     *
     * @param topic the topic and partition that offsets of the progress belong to
     */
    public static TargetWriter open(TargetSettings settings, String pipeline, String topic, int partition) {
        requireNonNull(settings, "settings is null");
        TargetWriter writer = new TargetWriter(settings, pipeline, topic, partition);
        writer.attempts.run("open the target", () -> {
            writer.copyLedger =
                    writer.progressTable.copyLedger(writer.session.get().connection());
            writer.progress = writer.session.durable();
        });
        return writer;
    }

    /** What is durable in the target as far as is known, and up to where others want the pipeline to go. */
    public Progress progress() {
        return progress;
    }

    /** Reads {@link #progress} from the target, also what others changed in it. */
    public Progress refresh() {
        requireNotStreaming();
        attempts.run("read the progress", session::readDurable);
        progress = session.durable();
        committing = Optional.empty();
        return progress;
    }

    /** What the copies of tables hold already: older changes are left out. */
    public CopyLedger copyLedger() {
        return copyLedger;
    }

    /** For each table of which rows of a snapshot of the source are applied, where that was taken. */
    public Map<TableId, Lsn> readSnapshotLsns() {
        requireNotStreaming();
        Map<TableId, Lsn> snapshots = new HashMap<>();
        attempts.run("read pg2citus.snapshot_table", () -> {
            snapshots.clear();
            snapshots.putAll(progressTable.snapshotLsns(session.get().connection()));
        });
        return snapshots;
    }

    /** Reads {@link #copyLedger} again. */
    public void reloadCopyLedger() {
        attempts.run("read the ledger of copies", () -> {
            copyLedger = progressTable.copyLedger(session.get().connection());
        });
    }

    /** Undoes what is not committed, and leaves word in the ledger that a table has to be copied anew. */
    public void discardCopy(TableId table) {
        streaming = Optional.empty();
        session.discard();
        attempts.run(
                "mark the copy of " + table,
                () -> progressTable.discardCopy(session.get().connection(), table));
    }

    public WriterMetrics metrics() {
        return metrics;
    }

    /**
     * Applies a batch and sets the progress, in one target transaction. The batch may be empty. A table may come several
     * times; its net changes are then applied in the order given.
     */
    public void apply(List<TableDelta> deltas, Progress next) {
        requireNotStreaming();
        attempts.run("apply a batch", () -> {
            Session open = session.get();
            if (isDurable(next)) {
                return;
            }
            open.stages().prepare(deltas);
            open.begin();
            BatchWriter batch = new BatchWriter(open, metrics);
            write(batch, deltas);
            commit(open, next, batch.divergences());
        });
    }

    /** Begins a target transaction for a source transaction that is too large for one batch. */
    public void begin() {
        requireNotStreaming();
        attempts.run("begin a transaction", () -> {
            Session open = session.get();
            requireKnown();
            open.begin();
            streaming = Optional.of(new BatchWriter(open, metrics));
        });
    }

    /** Writes one part, in source order. After {@link RetryLaterException} begin anew. */
    public void write(List<TableDelta> deltas) {
        BatchWriter batch = requireStreaming();
        endStreamingUnlessDone(
                () -> attempts.runOnce("write a part of a large transaction", () -> write(batch, deltas)));
    }

    /** Commits what was written since {@link #begin}. After {@link RetryLaterException} begin anew. */
    public void commit(Progress next) {
        Divergences divergences = requireStreaming().divergences();
        streaming = Optional.empty();
        boolean[] isTried = {false};
        attempts.run("commit a large transaction", () -> {
            Session open = session.get();
            if (!isTried[0]) {
                isTried[0] = true;
                commit(open, next, divergences);
            } else if (!isDurable(next)) {
                throw new RetryLaterException(
                        "the connection was lost before the commit of a large transaction: it is not applied", null);
            }
        });
    }

    /** Undoes what was written since {@link #begin}. */
    public void rollback() {
        requireStreaming();
        streaming = Optional.empty();
        session.discard();
    }

    /**
     * Cuts the session off, for a caller that cannot wait for the target's answer any more. May be called by any thread;
     * the call under way then fails, and {@link #close} is still to be called.
     */
    public void abort() {
        session.abort();
    }

    @Override
    public void close() {
        streaming = Optional.empty();
        session.discard();
    }

    private void write(BatchWriter batch, List<TableDelta> deltas) throws SQLException {
        try {
            batch.write(deltas);
        } catch (SQLException e) {
            throw Attempts.haltOrSame(batch.place(), e, showKeys);
        } catch (HaltException e) {
            throw e.ofTheData();
        }
    }

    private void commit(Session open, Progress next, Divergences divergences) throws SQLException {
        boolean isComplete;
        Progress written;
        Duration took;
        try {
            written = progressTable.write(open.connection(), next);
            committing = Optional.of(next);
            uncounted = Optional.of(divergences);
            long before = System.nanoTime();
            isComplete = open.commit();
            took = Duration.ofNanos(System.nanoTime() - before);
        } catch (SQLException e) {
            // Deferred constraints are checked only here.
            throw Attempts.haltOrSame("the batch, at its commit", e, showKeys);
        }
        committing = Optional.empty();
        if (progress.holdAtLsn().isPresent() && !written.holdAtLsn().equals(progress.holdAtLsn())) {
            // Whoever held the sink may have changed tables meanwhile.
            open.catalog().forgetAll();
        }
        session.becameDurable(written);
        progress = written;
        metrics.committed(took);
        countDivergences();
        if (!isComplete) {
            awaitRecovery();
        }
    }

    /** The transaction is committed. If the wait fails, the next call waits before it does anything else. */
    private void awaitRecovery() {
        LOG.warn("A Citus worker was lost while a transaction was committed; waiting for Citus to recover it");
        session.discard();
        try {
            session.get();
        } catch (SQLException e) {
            LOG.warn("The target cannot be used for now: {}", ErrorText.of(e));
            session.discard();
        }
    }

    /** True when a commit whose outcome was unknown turns out to have brought about {@code next}. */
    private boolean isDurable(Progress next) {
        if (committing.isPresent() && session.durable().isSamePoint(next)) {
            metrics.outcomeUnknown();
            committing = Optional.empty();
            progress = session.durable();
            countDivergences();
            return true;
        }
        requireKnown();
        return false;
    }

    /** The caller must know all that the target has, else it would apply some of it again. */
    private void requireKnown() {
        Progress durable = session.durable();
        Optional<Progress> attempted = committing;
        committing = Optional.empty();
        if (durable.isSamePoint(progress)) {
            return;
        }
        Progress known = progress;
        if (attempted.filter(durable::isSamePoint).isPresent()) {
            metrics.outcomeUnknown();
            progress = durable;
            countDivergences();
            throw new RetryLaterException(
                    "a commit whose answer was lost turns out to have happened: the target is at %s, not at %s"
                            .formatted(durable.appliedLsn(), known.appliedLsn()),
                    null);
        }
        throw new HaltException(
                "AP013",
                ("the progress in the target is at %s, but this task left it at %s: somebody changed pg2citus.progress"
                                + " while the task ran. Start the task again; it then goes on from what is there.")
                        .formatted(durable.appliedLsn(), known.appliedLsn()));
    }

    private void countDivergences() {
        uncounted.ifPresent(left -> left.committed(progress.appliedLsn().toString(), metrics));
        uncounted = Optional.empty();
    }

    private void endStreamingUnlessDone(Runnable part) {
        boolean isDone = false;
        try {
            part.run();
            isDone = true;
        } finally {
            if (!isDone) {
                streaming = Optional.empty();
            }
        }
    }

    private void requireNotStreaming() {
        if (streaming.isPresent()) {
            throw new IllegalStateException("a large transaction is open");
        }
    }

    private BatchWriter requireStreaming() {
        return streaming.orElseThrow(() -> new IllegalStateException("no large transaction is open"));
    }
}
