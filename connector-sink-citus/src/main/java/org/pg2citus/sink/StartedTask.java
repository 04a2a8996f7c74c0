package org.pg2citus.sink;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.pg2citus.sink.apply.TargetWriter;
import org.pg2citus.sink.batch.BatchLimits;
import org.pg2citus.sink.batch.PendingBatch;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.SourceTransaction;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.decode.RecordDecoder;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.metrics.SinkMetrics;
import org.pg2citus.sink.progress.CopyAnewException;
import org.pg2citus.sink.progress.CopyLedger;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.transaction.Assembled;
import org.pg2citus.sink.transaction.LargeTransactionReader;
import org.pg2citus.sink.transaction.OrderedMerge.Ordered;
import org.pg2citus.sink.transaction.TransactionAssembler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The work of the sink for its topic partitions: records become transactions, transactions a batch, a batch one target
 * transaction together with its progress.
 *
 * <p>Everything in memory lies beyond the durable progress and can be read again from the topics: after a failure of
 * the target the task drops it all and rewinds the consumer to the durable offsets.
 */
final class StartedTask implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StartedTask.class);

    /** How often the target is asked whether a hold was lifted. */
    private static final Duration HOLD_POLL = Duration.ofMillis(250);

    private final TargetWriter writer;
    private final RecordDecoder decoder;
    private final TransactionAssembler assembler;
    private final long maxRowsInMemory;
    private final BatchLimits limits;
    private final BatchAge age;
    private final Intake intake;
    private final SnapshotRestarts snapshots;
    private final RetryWindow retries;
    private final SinkTaskContext context;
    private final SinkMetrics metrics;
    private final Clock clock;
    private final Duration progressInterval;

    private final PendingBatch pending = new PendingBatch();
    private Optional<LargeTransactionReader> large = Optional.empty();
    private boolean rewound;

    /** Where what comes next ends; present while it is beyond the hold. */
    private Optional<Lsn> heldBack = Optional.empty();

    private Instant nextIdleProgress = Instant.MIN;

    /** Up to here each source transaction is applied by itself: together with others one of them was refused. */
    private Optional<Lsn> singlyUpTo = Optional.empty();

    StartedTask(
            CitusSinkConfig config,
            SinkTaskContext context,
            Intake intake,
            TargetWriter writer,
            SinkMetrics metrics,
            Clock clock) {
        this.writer = writer;
        this.context = context;
        this.intake = intake;
        this.metrics = metrics;
        this.clock = clock;
        this.decoder = config.decoder();
        this.maxRowsInMemory = config.getLong(CitusSinkConfig.TRANSACTION_MAX_ROWS);
        this.assembler = new TransactionAssembler(
                maxRowsInMemory,
                config.getLong(CitusSinkConfig.TRANSACTION_MAX_BYTES),
                writer.progress().appliedLsn());
        this.limits = new BatchLimits(
                config.getInt(CitusSinkConfig.BATCH_MAX_ROWS), config.getLong(CitusSinkConfig.BATCH_MAX_BYTES));
        this.age = new BatchAge(config.millis(CitusSinkConfig.BATCH_MAX_AGE_MS));
        this.snapshots = new SnapshotRestarts(config.getString(CitusSinkConfig.PIPELINE), writer::readSnapshotLsns);
        this.retries = new RetryWindow(config.millis(CitusSinkConfig.RETRY_TIMEOUT_MS), clock);
        this.progressInterval = config.millis(CitusSinkConfig.PROGRESS_INTERVAL_MS);
        metrics.startedAt(writer.progress().appliedLsn(), intake.position(writer.progress()));
        rewindToDurable();
    }

    /** Takes the next records; applies the whole transactions among them, or joins them with those that come at once. */
    void put(Collection<SinkRecord> records) {
        try {
            if (heldBack.isPresent() && !isHoldLifted(heldBack.get())) {
                context.timeout(HOLD_POLL.toMillis());
                return;
            }
            rewound = false;
            for (SinkRecord record : records) {
                if (rewound) {
                    // The consumer delivers from the new position with the next call.
                    return;
                }
                accept(record);
            }
            if (!rewound) {
                intake.delivered();
            }
            flushOrWait();
            if (records.isEmpty() && isIdle()) {
                metrics.caughtUp();
            }
        } catch (RetryLaterException e) {
            startOver(e);
        } catch (HaltException e) {
            applySinglyOrHalt(e);
        }
    }

    private boolean isIdle() {
        return heldBack.isEmpty() && large.isEmpty() && !pending.hasPosition() && !intake.isAwaiting();
    }

    /**
     * Other transactions in the batch than the one to blame are applied all the same: the topic is read again, and each
     * transaction is a target transaction of its own, up to the end of this batch. So what halts in the end is one
     * transaction, and all before it are durable.
     */
    private void applySinglyOrHalt(HaltException e) {
        boolean hasOthers = pending.transactions() > (e.isBeforeTheTarget() ? 0 : 1);
        if (hasOthers && (e.isBeforeTheTarget() || e.isOfTheData())) {
            LOG.warn(
                    "Applying {} transactions one by one, because one was refused: {}",
                    pending.transactions(),
                    e.getMessage());
            singlyUpTo = pending.endLsn();
            rewindToDurable();
            return;
        }
        metrics.halted(e.code());
        throw e.isBeforeTheTarget() ? e : e.at(where());
    }

    private String where() {
        if (large.isPresent()) {
            Assembled.TooLarge transaction = large.get().transaction();
            return "source transaction that ends at LSN %s, %s"
                    .formatted(transaction.endLsn(), intake.place(transaction));
        }
        String place = intake.place(writer.progress(), pending);
        if (pending.endLsn().isEmpty()) {
            return "%s%s, applied up to LSN %s"
                    .formatted(
                            pending.sourceRows() > 0 ? "rows of a snapshot, " : "",
                            place,
                            writer.progress().appliedLsn());
        }
        return "%s LSN %s, %s"
                .formatted(
                        pending.transactions() == 1
                                ? "source transaction that ends at"
                                : "%d source transactions up to".formatted(pending.transactions()),
                        pending.endLsn().get(),
                        place);
    }

    /** The positions up to which everything is durable in the target. */
    Map<TopicPartition, OffsetAndMetadata> durableOffsets() {
        return intake.offsets(writer.progress());
    }

    /** Ends whatever is under way in the target; may be called by another thread, before {@link #close}. */
    void abort() {
        writer.abort();
    }

    @Override
    public void close() {
        try (metrics;
                writer) {
            LOG.info(
                    "Stopping at {}: applied up to LSN {}",
                    intake,
                    writer.progress().appliedLsn());
        }
    }

    private void accept(SinkRecord record) {
        if (!intake.expects(record)) {
            return;
        }
        metrics.recordRead(record.timestamp());
        intake.offer(record, decoder.decode(record));
        Optional<Ordered> next = intake.next();
        while (next.isPresent()) {
            handle(next.get());
            next = rewound ? Optional.empty() : intake.next();
        }
    }

    private void handle(Ordered next) {
        if (large.isEmpty() && next.event() instanceof Event.Begin) {
            startStreamingIfKnownToBeLarge(next.offset());
        }
        if (rewound) {
            return;
        }
        if (large.isPresent()) {
            stream(large.get(), next);
        } else if (!joinsTransaction(next)) {
            assembler.accept(next.event(), next.offset(), next.doneOffset()).ifPresent(whole -> handle(whole, next));
        }
    }

    private void handle(Assembled whole, Ordered last) {
        if (whole instanceof Assembled.Whole done) {
            add(done.transaction());
        } else if (whole instanceof Assembled.TooLarge tooLarge) {
            if (startStreaming(tooLarge)) {
                intake.rewindToBegin(tooLarge, writer.progress());
                rewound();
            }
        } else if (whole instanceof Assembled.Mark mark) {
            metrics.positionRead(mark.lsn());
            pending.mark(mark.lsn(), mark.lastOffset());
        } else if (whole instanceof Assembled.Snapshot snapshot) {
            addSnapshotRow(snapshot, last);
        }
    }

    /**
     * With a topic for each table, a row of a snapshot may come while a transaction waits for other topics. Changes before
     * it in its own topic may be of that transaction, and are not in the batch yet: it takes its place behind them.
     */
    private boolean joinsTransaction(Ordered next) {
        if (!intake.mergesTopics()
                || !(next.event() instanceof Event.Untransacted row)
                || assembler.isBetweenTransactions()) {
            return false;
        }
        snapshots.check(row, next.topic(), next.offset());
        assembler.join(row.change());
        return true;
    }

    private void add(SourceTransaction transaction) {
        metrics.positionRead(transaction.endLsn());
        if (isApplied(transaction.endLsn())) {
            metrics.duplicateDropped();
            pending.pass(transaction.lastOffset());
            return;
        }
        if (isBeyondHold(transaction.endLsn())) {
            hold(transaction.endLsn());
            return;
        }
        for (RowChange change : transaction.changes()) {
            remaining(change, transaction.endLsn()).ifPresent(pending::add);
        }
        pending.endTransaction(transaction.endLsn(), transaction.lastOffset());
        intake.settle(pending);
        if (pending.reaches(limits) || isSingle(transaction.endLsn())) {
            flush();
        }
    }

    private void addSnapshotRow(Assembled.Snapshot snapshot, Ordered from) {
        Optional<Lsn> lsn = snapshot.row().snapshotLsn();
        if (lsn.isPresent() && isBeyondHold(lsn.get())) {
            hold(lsn.get());
            return;
        }
        snapshots.check(snapshot.row(), from.topic(), from.offset());
        pending.add(snapshot.row().change());
        if (snapshot.settled()) {
            pending.pass(snapshot.lastOffset());
            intake.settle(pending);
        }
        if (pending.reaches(limits)) {
            flush();
        }
    }

    private boolean isSingle(Lsn endLsn) {
        return singlyUpTo.filter(last -> endLsn.compareTo(last) <= 0).isPresent();
    }

    /** Applied, or on its way in the pending batch: a source that restarts sends what it was not yet confirmed again. */
    private boolean isApplied(Lsn endLsn) {
        Lsn newest = pending.endLsn().orElse(writer.progress().appliedLsn());
        return endLsn.compareTo(newest) <= 0;
    }

    /** What the copies, each of its own snapshot, do not have yet of a change. */
    private Optional<RowChange> remaining(RowChange change, Lsn endLsn) {
        try {
            return writer.copyLedger().remaining(change, endLsn);
        } catch (CopyAnewException e) {
            writer.discardCopy(e.table());
            throw new HaltException(CopyLedger.COPY_ANEW, e.getMessage(), e);
        }
    }

    /** With more on its way, a batch that is not full may wait for it, until it is too old. */
    private void flushOrWait() {
        Duration wait = pending.hasRows() ? age.toWait(clock.instant()) : Duration.ZERO;
        if (wait.isZero()) {
            flush();
        } else {
            context.timeout(wait.toMillis());
        }
    }

    /** Applies the batch; where only the position moved, not more often than the interval says. */
    private void flush() {
        if (pending.hasRows() || !clock.instant().isBefore(nextIdleProgress)) {
            applyPending();
        }
    }

    private void applyPending() {
        if (large.isPresent() || !(pending.hasPosition() || pending.hasRows())) {
            return;
        }
        Instant started = clock.instant();
        if (pending.hasRows()) {
            age.applied(started);
        }
        List<List<TableDelta>> parts = pending.drain();
        write(parts, nextProgress());
        snapshots.becameDurable();
        retries.succeeded();
        nextIdleProgress = clock.instant().plus(progressInterval);
        metrics.batchApplied(
                writer.progress().appliedLsn(),
                intake.position(writer.progress()),
                pending.transactions(),
                pending.sourceRows(),
                parts.stream().flatMap(List::stream).mapToLong(TableDelta::rows).sum(),
                Duration.between(started, clock.instant()));
        pending.clear();
    }

    private void write(List<List<TableDelta>> parts, Progress next) {
        if (parts.size() == 1) {
            writer.apply(parts.get(0), next);
            return;
        }
        writer.begin();
        parts.forEach(writer::write);
        writer.commit(next);
    }

    private Progress nextProgress() {
        Progress next = intake.after(writer.progress(), pending).snapshotsOf(snapshots.started());
        return pending.seenLsn().map(next::seenUpTo).orElse(next);
    }

    private void startStreamingIfKnownToBeLarge(long offset) {
        intake.knownEnd()
                .filter(end -> end.eventCount() > maxRowsInMemory)
                .ifPresent(end -> startStreaming(
                        new Assembled.TooLarge(end.xid(), end.endLsn(), offset, offset, end.eventCount())));
    }

    /**
     * The transaction is whole in the topics but too large for memory: it is read straight into the target.
     *
     * @return whether it is: it may be applied already, or have to wait
     */
    private boolean startStreaming(Assembled.TooLarge transaction) {
        metrics.positionRead(transaction.endLsn());
        if (isApplied(transaction.endLsn())) {
            metrics.duplicateDropped();
            pending.pass(transaction.lastOffset());
            return false;
        }
        if (isBeyondHold(transaction.endLsn())) {
            hold(transaction.endLsn());
            return false;
        }
        // Also where only the position moved: from several topics, what is read again begins at what is durable.
        applyPending();
        // Rows of snapshots may come in between, and what they need cannot be read once the transaction is open.
        snapshots.load();
        LOG.info(
                "Source transaction {} has {} events: streaming it into one target transaction ({})",
                transaction.xid(),
                transaction.eventCount(),
                intake.place(transaction));
        writer.begin();
        large = Optional.of(new LargeTransactionReader(transaction));
        return true;
    }

    private void stream(LargeTransactionReader reader, Ordered next) {
        Lsn endLsn = reader.transaction().endLsn();
        if (next.event() instanceof Event.Untransacted row) {
            snapshots.check(row, next.topic(), next.offset());
            pending.add(row.change());
        } else {
            reader.accept(next.event(), next.offset(), next.doneOffset())
                    .flatMap(change -> remaining(change, endLsn))
                    .ifPresent(pending::add);
        }
        if (reader.isComplete() || pending.reaches(limits)) {
            pending.drain().forEach(writer::write);
        }
        if (reader.isComplete()) {
            pending.endTransaction(endLsn, next.doneOffset());
            intake.settle(pending);
            writer.commit(nextProgress());
            snapshots.becameDurable();
            retries.succeeded();
            metrics.transactionStreamed();
            metrics.batchApplied(
                    endLsn,
                    intake.position(writer.progress()),
                    1,
                    pending.sourceRows(),
                    pending.sourceRows(),
                    Duration.ZERO);
            pending.clear();
            large = Optional.empty();
            assembler.reset();
        }
    }

    private boolean isBeyondHold(Lsn endLsn) {
        return writer.progress()
                .holdAtLsn()
                .filter(hold -> endLsn.compareTo(hold) > 0)
                .isPresent();
    }

    private void hold(Lsn endLsn) {
        flush();
        Optional<Lsn> held = writer.progress().holdAtLsn().filter(hold -> endLsn.compareTo(hold) > 0);
        if (held.isEmpty()) {
            // That write read back another hold, which lets this pass: it comes again.
            rewindToDurable();
            return;
        }
        LOG.info("Holding at LSN {}: the next transaction ends at {}", held.get(), endLsn);
        // Commits come in order: whoever waits for the hold learns that nothing before it is left.
        writer.apply(List.of(), writer.progress().seenUpTo(held.get()));
        heldBack = Optional.of(endLsn);
        metrics.holding(true);
        intake.pause();
        context.timeout(HOLD_POLL.toMillis());
        rewindToDurable();
    }

    private boolean isHoldLifted(Lsn endLsn) {
        // What is before the hold is applied: also before one that was moved, as long as what comes next is beyond it.
        Progress known = writer.progress();
        writer.apply(List.of(), known.holdAtLsn().map(known::seenUpTo).orElse(known));
        retries.succeeded();
        if (isBeyondHold(endLsn)) {
            return false;
        }
        heldBack = Optional.empty();
        metrics.holding(false);
        intake.resume();
        return true;
    }

    private void startOver(RetryLaterException cause) {
        metrics.startedOver(cause.getMessage());
        Duration pause = retries.failed(cause);
        LOG.warn(
                "The target cannot be used now, trying again in {} ms from what is durable (LSN {}): {}",
                pause.toMillis(),
                writer.progress().appliedLsn(),
                cause.getMessage());
        rewindToDurable();
        retries.sleep(pause);
    }

    private void rewindToDurable() {
        large = Optional.empty();
        intake.rewind(writer.progress());
        snapshots.reset();
        rewound();
    }

    /** What was read beyond what is durable comes again. */
    private void rewound() {
        pending.clear();
        assembler.reset();
        rewound = true;
    }
}
