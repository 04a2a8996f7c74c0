package org.pg2citus.sink;

import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.pg2citus.sink.batch.PendingBatch;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.decode.RecordDecoder;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.transaction.Assembled;
import org.pg2citus.sink.transaction.OrderedMerge;
import org.pg2citus.sink.transaction.OrderedMerge.Ordered;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A topic for each table and one with the transactions' boundaries, each with one partition. */
final class TopicPerTable implements Intake {

    private static final Logger LOG = LoggerFactory.getLogger(TopicPerTable.class);

    /** How often a transaction that waits is reported. */
    private static final Duration REPORT = Duration.ofSeconds(30);

    /** More would hide the rest of a message. */
    private static final int MOST_NAMED = 20;

    private final SinkTaskContext context;
    private final Map<String, TopicPartition> partitions = new TreeMap<>();
    private final String boundaries;
    private final Map<String, OffsetSequence> sequences = new HashMap<>();
    private final Set<TopicPartition> paused = new HashSet<>();
    private final int maxQueuedEvents;
    private final long maxQueuedBytes;
    private final Duration waitTimeout;
    private final Clock clock;

    private OrderedMerge merge;
    private boolean held;
    private Optional<Instant> waitingSince = Optional.empty();
    private Instant nextReport = Instant.MIN;

    TopicPerTable(CitusSinkConfig config, SinkTaskContext context, Collection<TopicPartition> assigned, Clock clock) {
        this.context = context;
        this.clock = clock;
        this.boundaries = config.getString(CitusSinkConfig.TRANSACTION_TOPIC);
        this.maxQueuedEvents = config.getInt(CitusSinkConfig.QUEUE_MAX_EVENTS);
        this.maxQueuedBytes = config.getLong(CitusSinkConfig.QUEUE_MAX_BYTES);
        this.waitTimeout = config.millis(CitusSinkConfig.TRANSACTION_WAIT_TIMEOUT_MS);
        long gapMax = config.getLong(CitusSinkConfig.OFFSET_GAP_MAX);
        for (TopicPartition partition : assigned) {
            partitions.put(partition.topic(), partition);
            sequences.put(partition.topic(), new OffsetSequence(partition, 0, gapMax));
        }
    }

    @Override
    public boolean expects(SinkRecord record) {
        return sequences.get(record.topic()).accept(record.kafkaOffset());
    }

    @Override
    public void offer(SinkRecord record, List<Event> events) {
        if (record.value() instanceof byte[] || record.value() instanceof ByteBuffer) {
            throw new HaltException(
                    "CF005",
                    "record %d of %s is a compact record of pg2citus's source, which has all tables in one topic: set topic.layout=ordered and give only that topic"
                            .formatted(record.kafkaOffset(), partitions.get(record.topic())));
        }
        events.forEach(event ->
                merge.offer(record.topic(), record.kafkaOffset(), event, RecordDecoder.previousCommit(record)));
    }

    @Override
    public Optional<Ordered> next() {
        Optional<Ordered> next = merge.next();
        if (next.isPresent()) {
            waitingSince = Optional.empty();
        }
        return next;
    }

    @Override
    public Optional<Event.End> knownEnd() {
        return merge.current();
    }

    @Override
    public boolean mergesTopics() {
        return true;
    }

    @Override
    public void settle(PendingBatch pending) {
        pending.moveTo(merge.takeMoved());
    }

    @Override
    public Progress after(Progress progress, PendingBatch pending) {
        return progress.after(
                pending.endLsn().orElse(progress.appliedLsn()),
                pending.nextOffsets(),
                pending.sourceRows(),
                pending.transactions());
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> offsets(Progress progress) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        progress.nextOffsets().forEach((topic, offset) -> {
            if (partitions.containsKey(topic)) {
                offsets.put(partitions.get(topic), new OffsetAndMetadata(offset));
            }
        });
        return offsets;
    }

    @Override
    public void rewind(Progress durable) {
        merge = new OrderedMerge(maxQueuedEvents, maxQueuedBytes, durable.appliedLsn());
        waitingSince = Optional.empty();
        Map<TopicPartition, Long> offsets = new HashMap<>();
        partitions.forEach((topic, partition) -> {
            long offset = durable.nextOffsets().getOrDefault(topic, 0L);
            sequences.get(topic).restartAt(offset);
            offsets.put(partition, offset);
        });
        context.offset(offsets);
        if (!held) {
            resume();
        }
    }

    @Override
    public void rewindToBegin(Assembled.TooLarge transaction, Progress durable) {
        // The first transaction behind what is durable is this one.
        rewind(durable);
    }

    @Override
    public boolean isAwaiting() {
        return merge.awaited().isPresent();
    }

    @Override
    public long position(Progress durable) {
        return durable.nextOffsets().getOrDefault(boundaries, 0L);
    }

    @Override
    public String place(Progress durable, PendingBatch pending) {
        List<String> moved = new ArrayList<>();
        new TreeMap<>(pending.nextOffsets()).forEach((topic, next) -> {
            long from = durable.nextOffsets().getOrDefault(topic, 0L);
            if (next > from) {
                moved.add("topic %s, offsets %d to %d".formatted(partitions.get(topic), from, next - 1));
            }
        });
        if (moved.isEmpty()) {
            return "topic %s, offset %d".formatted(partitions.get(boundaries), position(durable));
        }
        int named = Math.min(moved.size(), MOST_NAMED);
        return String.join("; ", moved.subList(0, named))
                + (named < moved.size() ? "; and %d more topics".formatted(moved.size() - named) : "");
    }

    @Override
    public String place(Assembled.TooLarge transaction) {
        return "its END is at offset %d of topic %s".formatted(transaction.lastOffset(), partitions.get(boundaries));
    }

    @Override
    public void delivered() {
        Set<TopicPartition> full = new HashSet<>();
        partitions.forEach((topic, partition) -> {
            if (merge.isFull(topic)) {
                full.add(partition);
            }
        });
        Set<TopicPartition> toResume = new HashSet<>(paused);
        toResume.removeAll(full);
        Set<TopicPartition> toPause = new HashSet<>(full);
        toPause.removeAll(paused);
        if (!toResume.isEmpty()) {
            context.resume(toResume.toArray(TopicPartition[]::new));
            paused.removeAll(toResume);
        }
        if (!toPause.isEmpty()) {
            context.pause(toPause.toArray(TopicPartition[]::new));
            paused.addAll(toPause);
        }
        merge.awaited().ifPresent(this::checkWait);
    }

    /** An event that never comes would stop the stream without a word. */
    private void checkWait(String awaited) {
        Instant now = clock.instant();
        if (waitingSince.isEmpty()) {
            waitingSince = Optional.of(now);
            nextReport = now.plus(REPORT);
        }
        Duration waited = Duration.between(waitingSince.get(), now);
        if (waited.compareTo(waitTimeout) >= 0) {
            throw new HaltException(
                    "TX011",
                    "for %d s nothing brought %s. Read are the topics %s. Give the sink every topic of the source connector (topics or topics.regex: each table, the transactions, and %s if the source sends logical messages), and see that no record was removed from them; if the source was restarted, also raise queue.max.events; transaction.wait.timeout.ms sets how long it waits"
                            .formatted(waited.toSeconds(), awaited, partitions.keySet(), "<prefix>.message"));
        }
        if (!now.isBefore(nextReport)) {
            nextReport = now.plus(REPORT);
            LOG.warn(
                    "For {} s nothing brought {}; events wait of {}",
                    waited.toSeconds(),
                    awaited,
                    merge.waitingTopics());
        }
    }

    @Override
    public void pause() {
        TopicPartition[] all = partitions.values().toArray(TopicPartition[]::new);
        held = true;
        context.pause(all);
        paused.addAll(partitions.values());
    }

    @Override
    public void resume() {
        held = false;
        context.resume(partitions.values().toArray(TopicPartition[]::new));
        paused.clear();
    }

    @Override
    public String toString() {
        return partitions.size() + " topics";
    }
}
