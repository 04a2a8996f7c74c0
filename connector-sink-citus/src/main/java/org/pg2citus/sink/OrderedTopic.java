package org.pg2citus.sink;

import java.util.ArrayDeque;
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
    public void offer(SinkRecord record, Event event) {
        events.add(new Ordered(event, record.topic(), record.kafkaOffset()));
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
                pending.nextOffset(),
                pending.sourceRows(),
                pending.transactions());
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> offsets(Progress progress) {
        long next = progress.nextOffset().orElse(0);
        return next == 0 ? Map.of() : Map.of(partition, new OffsetAndMetadata(next));
    }

    @Override
    public void rewind(Progress durable) {
        rewindTo(durable.nextOffset().orElse(0));
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
