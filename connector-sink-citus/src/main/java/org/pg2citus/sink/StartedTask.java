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
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.metrics.SinkMetrics;
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
 * <p>Everything in memory lies beyond the durable progress and can be read again from the topics: after a failure of the
 * target the task drops it all and rewinds the consumer to the durable offsets.
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
    private boolean holding;
    private boolean rewound;
    private Instant nextIdleProgress = Instant.MIN;

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
        this.snapshots =
                new SnapshotRestarts(config.getString(CitusSinkConfig.PIPELINE), () -> writer.readSnapshotLsns());
        this.retries = new RetryWindow(config.millis(CitusSinkConfig.RETRY_TIMEOUT_MS), clock);
        this.progressInterval = config.millis(CitusSinkConfig.PROGRESS_INTERVAL_MS);
        rewindToDurable();
    }

    /** Takes the next records; applies the whole transactions among them, or joins them with those that come at once. */
    void put(Collection<SinkRecord> records) {
        try {
            if (holding && !isHoldLifted()) {
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
            retries.succeeded();
        } catch (RetryLaterException e) {
            startOver(e);
        }
    }

    /** The positions up to which everything is durable in the target. */
    Map<TopicPartition, OffsetAndMetadata> durableOffsets() {
        return intake.offsets(writer.progress());
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
        intake.offer(record, decoder.decode(record));
        Optional<Ordered> next = intake.next();
        while (next.isPresent()) {
            handle(next.get().event(), next.get().offset());
            next = rewound ? Optional.empty() : intake.next();
        }
    }

    private void handle(Event event, long offset) {
        if (large.isEmpty() && event instanceof Event.Begin) {
            intake.knownEnd()
                    .filter(end -> end.eventCount() > maxRowsInMemory)
                    .ifPresent(end -> startStreaming(
                            new Assembled.TooLarge(end.xid(), end.endLsn(), offset, offset, end.eventCount())));
        }
        if (rewound) {
            return;
        }
        if (large.isPresent()) {
            stream(large.get(), event, offset);
            return;
        }
        Optional<Assembled> whole = assembler.accept(event, offset);
        if (whole.isEmpty()) {
            return;
        }
        if (whole.get() instanceof Assembled.Whole done) {
            add(done.transaction());
        } else if (whole.get() instanceof Assembled.TooLarge tooLarge) {
            if (startStreaming(tooLarge)) {
                intake.rewindToBegin(tooLarge, writer.progress());
                rewound();
            }
        } else if (whole.get() instanceof Assembled.Mark mark) {
            metrics.positionRead(mark.lsn());
            pending.mark(mark.lsn(), offset);
        } else if (whole.get() instanceof Assembled.Snapshot snapshot) {
            addSnapshotRow(snapshot);
        }
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
            if (!isCopied(change, transaction.endLsn())) {
                pending.add(change);
            }
        }
        pending.endTransaction(transaction.endLsn(), transaction.lastOffset());
        intake.settle(pending);
        if (pending.reaches(limits)) {
            flush();
        }
    }

    private void addSnapshotRow(Assembled.Snapshot snapshot) {
        Optional<Lsn> lsn = snapshot.row().snapshotLsn();
        if (lsn.isPresent() && isBeyondHold(lsn.get())) {
            hold(lsn.get());
            return;
        }
        snapshots.check(snapshot.row(), snapshot.lastOffset());
        pending.add(snapshot.row().change());
        if (snapshot.settled()) {
            pending.pass(snapshot.lastOffset());
            intake.settle(pending);
            if (pending.reaches(limits)) {
                flush();
            }
        }
    }

    /** Applied, or on its way in the pending batch: a source that restarts sends what it was not yet confirmed again. */
    private boolean isApplied(Lsn endLsn) {
        Lsn newest = pending.endLsn().orElse(writer.progress().appliedLsn());
        return endLsn.compareTo(newest) <= 0;
    }

    /** The row is in the copy already when the transaction committed before the snapshot that the table was read in. */
    private boolean isCopied(RowChange change, Lsn endLsn) {
        Lsn copyLsn = writer.copyLsns().get(change.table());
        return copyLsn != null && endLsn.compareTo(copyLsn) <= 0;
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

    private void flush() {
        if (large.isPresent() || !pending.hasPosition()) {
            return;
        }
        boolean idle = !pending.hasRows();
        if (idle && clock.instant().isBefore(nextIdleProgress)) {
            return;
        }
        Instant started = clock.instant();
        List<List<TableDelta>> parts = pending.drain();
        write(parts, nextProgress());
        snapshots.becameDurable();
        nextIdleProgress = clock.instant().plus(progressInterval);
        if (!idle) {
            age.applied(started);
        }
        metrics.batchApplied(
                writer.progress().appliedLsn(),
                pending.nextOffset(),
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
        flush();
        pending.clear();
        if (intake.mergesTopics()) {
            // Rows of snapshots may come in between, and what they need cannot be read once the transaction is open.
            snapshots.load();
        }
        LOG.info(
                "Source transaction {} has {} events: streaming it into one target transaction (topic offset {})",
                transaction.xid(),
                transaction.eventCount(),
                transaction.beginOffset());
        writer.begin();
        large = Optional.of(new LargeTransactionReader(transaction));
        return true;
    }

    private void stream(LargeTransactionReader reader, Event event, long offset) {
        Lsn endLsn = reader.transaction().endLsn();
        if (event instanceof Event.Untransacted row && intake.mergesTopics()) {
            snapshots.check(row, offset);
            pending.add(row.change());
            return;
        }
        reader.accept(event, offset).filter(change -> !isCopied(change, endLsn)).ifPresent(pending::add);
        if (reader.isComplete() || pending.reaches(limits)) {
            pending.drain().forEach(writer::write);
        }
        if (reader.isComplete()) {
            pending.endTransaction(endLsn, offset);
            intake.settle(pending);
            writer.commit(nextProgress());
            snapshots.becameDurable();
            metrics.transactionStreamed();
            metrics.batchApplied(endLsn, offset + 1, 1, pending.sourceRows(), pending.sourceRows(), Duration.ZERO);
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
        LOG.info(
                "Holding at LSN {}: the next transaction ends at {}",
                writer.progress().holdAtLsn().orElseThrow(),
                endLsn);
        holding = true;
        metrics.holding(true);
        intake.pause();
        context.timeout(HOLD_POLL.toMillis());
        rewindToDurable();
    }

    private boolean isHoldLifted() {
        Optional<Lsn> before = writer.progress().holdAtLsn();
        // Writing the progress as it is reads the hold back.
        writer.apply(List.of(), writer.progress());
        if (writer.progress().holdAtLsn().equals(before)) {
            return false;
        }
        holding = false;
        metrics.holding(false);
        intake.resume();
        return true;
    }

    private void startOver(RetryLaterException cause) {
        metrics.startedOver();
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
