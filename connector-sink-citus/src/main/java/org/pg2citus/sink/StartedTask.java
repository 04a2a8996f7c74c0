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
import org.pg2citus.sink.transaction.TransactionAssembler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The work of the sink for its one topic partition: records become transactions, transactions a batch, a batch one target
 * transaction together with its progress.
 *
 * <p>Everything in memory lies beyond the durable progress and can be read again from the topic: after a failure of the
 * target the task drops it all and rewinds the consumer to the durable offset.
 */
final class StartedTask implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StartedTask.class);

    /** How often the target is asked whether a hold was lifted. */
    private static final Duration HOLD_POLL = Duration.ofMillis(250);

    private final TargetWriter writer;
    private final RecordDecoder decoder;
    private final TransactionAssembler assembler;
    private final BatchLimits limits;
    private final OffsetSequence offsets;
    private final RetryWindow retries;
    private final TopicPartition partition;
    private final SinkTaskContext context;
    private final SinkMetrics metrics;
    private final Clock clock;
    private final Duration progressInterval;

    private final PendingBatch pending = new PendingBatch();
    private Optional<LargeTransactionReader> large = Optional.empty();
    private boolean holding;
    private boolean rewound;
    private Instant nextIdleProgress = Instant.MIN;

    /** Up to here each source transaction is applied by itself: together with others one of them was refused. */
    private Optional<Lsn> singlyUpTo = Optional.empty();

    StartedTask(
            CitusSinkConfig config,
            SinkTaskContext context,
            TopicPartition partition,
            TargetWriter writer,
            SinkMetrics metrics,
            Clock clock) {
        this.writer = writer;
        this.context = context;
        this.partition = partition;
        this.metrics = metrics;
        this.clock = clock;
        this.decoder = config.decoder();
        this.assembler = new TransactionAssembler(
                config.getLong(CitusSinkConfig.TRANSACTION_MAX_ROWS),
                config.getLong(CitusSinkConfig.TRANSACTION_MAX_BYTES),
                writer.progress().appliedLsn());
        this.limits = new BatchLimits(
                config.getInt(CitusSinkConfig.BATCH_MAX_ROWS), config.getLong(CitusSinkConfig.BATCH_MAX_BYTES));
        this.retries = new RetryWindow(config.millis(CitusSinkConfig.RETRY_TIMEOUT_MS), clock);
        this.progressInterval = config.millis(CitusSinkConfig.PROGRESS_INTERVAL_MS);
        this.offsets = new OffsetSequence(partition, 0, config.getLong(CitusSinkConfig.OFFSET_GAP_MAX));
        metrics.startedAt(writer.progress().appliedLsn(), durableOffset());
        rewindToDurable();
    }

    /** Takes the next records; applies every whole transaction among them before it returns. */
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
            flush();
            if (records.isEmpty() && !holding && large.isEmpty() && !pending.hasPosition()) {
                metrics.caughtUp();
            }
        } catch (RetryLaterException e) {
            startOver(e);
        } catch (HaltException e) {
            applySinglyOrHalt(e);
        }
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
            return "source transaction that ends at LSN %s, topic %s from offset %d"
                    .formatted(transaction.endLsn(), partition, transaction.beginOffset());
        }
        if (pending.endLsn().isEmpty()) {
            return "topic %s, offset %d, applied up to LSN %s"
                    .formatted(partition, durableOffset(), writer.progress().appliedLsn());
        }
        return "%s LSN %s, topic %s, offsets %d to %d"
                .formatted(
                        pending.transactions() == 1
                                ? "source transaction that ends at"
                                : "%d source transactions up to".formatted(pending.transactions()),
                        pending.endLsn().get(),
                        partition,
                        durableOffset(),
                        pending.nextOffset() - 1);
    }

    /** The position up to which everything is durable in the target. */
    Map<TopicPartition, OffsetAndMetadata> durableOffsets() {
        long next = durableOffset();
        return next == 0 ? Map.of() : Map.of(partition, new OffsetAndMetadata(next));
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
                    partition,
                    writer.progress().appliedLsn());
        }
    }

    private void accept(SinkRecord record) {
        long offset = record.kafkaOffset();
        if (!offsets.accept(offset)) {
            return;
        }
        metrics.recordRead(record.timestamp());
        List<Event> events = decoder.decode(record);
        for (int i = 0; i < events.size() && !rewound; i++) {
            // Until the last event of a record is done, its offset is the one to go on from.
            accept(events.get(i), offset, i == events.size() - 1 ? offset : offset - 1);
        }
    }

    private void accept(Event event, long offset, long doneOffset) {
        if (large.isPresent()) {
            stream(large.get(), event, offset, doneOffset);
            return;
        }
        Optional<Assembled> whole = assembler.accept(event, offset, doneOffset);
        if (whole.isEmpty()) {
            return;
        }
        if (whole.get() instanceof Assembled.Whole done) {
            add(done.transaction());
        } else if (whole.get() instanceof Assembled.TooLarge tooLarge) {
            startStreaming(tooLarge);
        } else if (whole.get() instanceof Assembled.Mark mark) {
            metrics.positionRead(mark.lsn());
            pending.mark(mark.lsn(), doneOffset);
        } else {
            throw new HaltException(
                    "CF003",
                    ("record %d of %s is a row of Debezium's own snapshot. Set snapshot.mode=no_data on the source"
                                    + " connector and copy the tables with 'pg2citus migrate'")
                            .formatted(offset, partition));
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
            remaining(change, transaction.endLsn()).ifPresent(pending::add);
        }
        pending.endTransaction(transaction.endLsn(), transaction.lastOffset());
        if (pending.reaches(limits) || isSingle(transaction.endLsn())) {
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
        retries.succeeded();
        nextIdleProgress = clock.instant().plus(progressInterval);
        metrics.batchApplied(
                writer.progress().appliedLsn(),
                pending.nextOffset(),
                pending.transactions(),
                pending.sourceRows(),
                parts.stream()
                        .flatMap(List::stream)
                        .mapToLong(StartedTask::rows)
                        .sum(),
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
        Progress progress = writer.progress();
        Progress next = progress.after(
                pending.endLsn().orElse(progress.appliedLsn()),
                pending.nextOffset(),
                pending.sourceRows(),
                pending.transactions());
        return pending.seenLsn().map(next::seenUpTo).orElse(next);
    }

    private static long rows(TableDelta delta) {
        return (long) delta.inserts().size()
                + delta.updates().size()
                + delta.deletes().size()
                + delta.keylessDeletes().size();
    }

    /** The transaction is whole in the topic but too large for memory: it is read again, straight into the target. */
    private void startStreaming(Assembled.TooLarge transaction) {
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
        flush();
        pending.clear();
        LOG.info(
                "Source transaction {} has {} events: streaming it from topic offset {} into one target transaction",
                transaction.xid(),
                transaction.eventCount(),
                transaction.beginOffset());
        writer.begin();
        large = Optional.of(new LargeTransactionReader(transaction));
        rewindTo(transaction.beginOffset());
    }

    private void stream(LargeTransactionReader reader, Event event, long offset, long doneOffset) {
        Lsn endLsn = reader.transaction().endLsn();
        reader.accept(event, offset, doneOffset)
                .flatMap(change -> remaining(change, endLsn))
                .ifPresent(pending::add);
        if (reader.isComplete() || pending.reaches(limits)) {
            pending.drain().forEach(writer::write);
        }
        if (reader.isComplete()) {
            pending.endTransaction(endLsn, doneOffset);
            writer.commit(nextProgress());
            retries.succeeded();
            metrics.transactionStreamed();
            metrics.batchApplied(endLsn, doneOffset + 1, 1, pending.sourceRows(), pending.sourceRows(), Duration.ZERO);
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
        context.pause(partition);
        context.timeout(HOLD_POLL.toMillis());
        rewindToDurable();
    }

    private boolean isHoldLifted() {
        Optional<Lsn> before = writer.progress().holdAtLsn();
        // Writing the progress as it is reads the hold back.
        writer.apply(List.of(), writer.progress());
        retries.succeeded();
        if (writer.progress().holdAtLsn().equals(before)) {
            return false;
        }
        holding = false;
        metrics.holding(false);
        context.resume(partition);
        return true;
    }

    private void startOver(RetryLaterException cause) {
        metrics.startedOver(cause.getMessage());
        Duration pause = retries.failed(cause);
        LOG.warn(
                "The target cannot be used now, trying again in {} ms from topic offset {}: {}",
                pause.toMillis(),
                durableOffset(),
                cause.getMessage());
        rewindToDurable();
        retries.sleep(pause);
    }

    private void rewindToDurable() {
        large = Optional.empty();
        rewindTo(durableOffset());
    }

    private void rewindTo(long offset) {
        pending.clear();
        assembler.reset();
        offsets.restartAt(offset);
        context.offset(partition, offset);
        rewound = true;
    }

    private long durableOffset() {
        return writer.progress().nextOffset().orElse(0);
    }
}
