package org.pg2citus.sink;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.pg2citus.sink.batch.PendingBatch;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.transaction.Assembled;
import org.pg2citus.sink.transaction.OrderedMerge.Ordered;

/** One topic with one partition that has everything in order. */
final class OrderedTopic implements Intake {

    private final SinkTaskContext context;
    private final TopicPartition partition;
    private final OffsetSequence offsets;
    private final ArrayDeque<Ordered> events = new ArrayDeque<>();

    OrderedTopic(SinkTaskContext context, TopicPartition partition, long gapMax) {
        this.context = context;
        this.partition = partition;
        this.offsets = new OffsetSequence(partition, 0, gapMax);
    }

    @Override
    public boolean expects(SinkRecord record) {
        return offsets.accept(record.kafkaOffset());
    }

    @Override
    public void offer(SinkRecord record, List<Event> ofRecord) {
        long offset = record.kafkaOffset();
        int left = ofRecord.size();
        for (Event event : ofRecord) {
            left--;
            // Until the last event of a record is done, its offset is the one to go on from.
            events.add(new Ordered(event, record.topic(), offset, left == 0 ? offset : offset - 1));
        }
    }

    @Override
    public Optional<Ordered> next() {
        return Optional.ofNullable(events.poll());
    }

    @Override
    public Optional<Event.End> knownEnd() {
        return Optional.empty();
    }

    @Override
    public boolean mergesTopics() {
        return false;
    }

    @Override
    public void settle(PendingBatch pending) {
        // The batch knows the offset of the last record itself.
    }

    @Override
    public Progress after(Progress progress, PendingBatch pending) {
        return progress.after(
                pending.endLsn().orElse(progress.appliedLsn()),
                // A row of a snapshot amidst a transaction does not move it.
                pending.nextOffset() >= 0 ? pending.nextOffset() : position(progress),
                pending.sourceRows(),
                pending.transactions());
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> offsets(Progress progress) {
        long next = position(progress);
        return next == 0 ? Map.of() : Map.of(partition, new OffsetAndMetadata(next));
    }

    @Override
    public void rewind(Progress durable) {
        rewindTo(position(durable));
    }

    @Override
    public void rewindToBegin(Assembled.TooLarge transaction, Progress durable) {
        rewindTo(transaction.beginOffset());
    }

    private void rewindTo(long offset) {
        events.clear();
        offsets.restartAt(offset);
        context.offset(partition, offset);
    }

    @Override
    public boolean isAwaiting() {
        return false;
    }

    @Override
    public long position(Progress durable) {
        return durable.nextOffset().orElse(0);
    }

    @Override
    public String place(Progress durable, PendingBatch pending) {
        long from = position(durable);
        return pending.nextOffset() > from
                ? "topic %s, offsets %d to %d".formatted(partition, from, pending.nextOffset() - 1)
                : "topic %s, offset %d".formatted(partition, from);
    }

    @Override
    public String place(Assembled.TooLarge transaction) {
        return "topic %s from offset %d".formatted(partition, transaction.beginOffset());
    }

    @Override
    public void delivered() {
        // What was delivered is handled at once: nothing waits here.
    }

    @Override
    public void pause() {
        context.pause(partition);
    }

    @Override
    public void resume() {
        context.resume(partition);
    }

    @Override
    public String toString() {
        return partition.toString();
    }
}
