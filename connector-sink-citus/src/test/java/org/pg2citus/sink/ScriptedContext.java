package org.pg2citus.sink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** What Connect would do for a task that reads a {@link TopicScript}: keep its positions, and what is paused. */
final class ScriptedContext implements SinkTaskContext {

    /** A longer one is that of a task that has nothing to do; shorter than this a task wants to be called again. */
    private static final long IDLE_TIMEOUT_MS = 1_000;

    private static final int MAX_POLLS = 1_000_000;

    private final List<TopicPartition> partitions;
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    private final Set<TopicPartition> paused = new HashSet<>();
    private final Set<TopicPartition> everPaused = new HashSet<>();
    private long timeoutMs;

    /** The offsets that the task asked for. */
    private final Map<TopicPartition, Long> rewound = new HashMap<>();

    ScriptedContext(TopicPartition... partitions) {
        this.partitions = List.of(partitions);
    }

    /** Delivers what is new in the script, as a consumer would: in polls of {@code perPoll} records of each topic. */
    void deliver(CitusSinkTask task, TopicScript script, int perPoll) {
        deliver(task, script::from, perPoll);
    }

    /** What topics hold. */
    interface Topics {
        /** The records of a topic from an offset on, at most {@code limit}. */
        List<SinkRecord> from(String topic, long offset, int limit);
    }

    void deliver(CitusSinkTask task, Topics topics, int perPoll) {
        int polls = 0;
        boolean more = true;
        while (more) {
            if (++polls > MAX_POLLS) {
                throw new AssertionError("the task does not come to an end, positions " + positions);
            }
            positions.putAll(rewound);
            rewound.clear();
            timeoutMs = 0;
            List<SinkRecord> records = new ArrayList<>();
            for (TopicPartition partition : partitions) {
                if (!paused.contains(partition)) {
                    List<SinkRecord> polled =
                            topics.from(partition.topic(), positions.getOrDefault(partition, 0L), perPoll);
                    records.addAll(polled);
                    if (!polled.isEmpty()) {
                        positions.put(partition, polled.get(polled.size() - 1).kafkaOffset() + 1);
                    }
                }
            }
            task.put(records);
            if (!isPaused()) {
                // A task that is busy pauses all, and says nothing by it.
                everPaused.addAll(paused);
            }
            boolean unread = partitions.stream()
                    .anyMatch(partition -> !paused.contains(partition)
                            && !topics.from(partition.topic(), positions.getOrDefault(partition, 0L), 1)
                                    .isEmpty());
            // A batch that is not full waits for more, and is applied by a call that brings nothing.
            boolean waits = timeoutMs > 0 && timeoutMs < IDLE_TIMEOUT_MS;
            more = task.isBusy() || (!isPaused() && (!rewound.isEmpty() || unread || waits));
            if (waits && more && !unread && !task.isBusy()) {
                sleep();
            }
        }
    }

    private void sleep() {
        try {
            Thread.sleep(timeoutMs);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The offset that the task asked for; empty when it goes on as it was. */
    OptionalLong rewound(TopicPartition partition) {
        return rewound.containsKey(partition) ? OptionalLong.of(rewound.get(partition)) : OptionalLong.empty();
    }

    boolean isPaused() {
        return paused.containsAll(partitions);
    }

    Set<TopicPartition> pausedNow() {
        return Set.copyOf(paused);
    }

    boolean wasPaused(TopicPartition partition) {
        return everPaused.contains(partition);
    }

    @Override
    public void offset(Map<TopicPartition, Long> offsets) {
        offsets.forEach(this::offset);
    }

    @Override
    public void offset(TopicPartition asked, long offset) {
        requireAssigned(asked);
        rewound.put(asked, offset);
    }

    private void requireAssigned(TopicPartition asked) {
        if (!partitions.contains(asked)) {
            throw new AssertionError("asked for " + asked + ", which is not one of " + partitions);
        }
    }

    @Override
    public void timeout(long timeoutMs) {
        this.timeoutMs = timeoutMs;
    }

    @Override
    public Set<TopicPartition> assignment() {
        return Set.copyOf(partitions);
    }

    @Override
    public void pause(TopicPartition... asked) {
        for (TopicPartition partition : asked) {
            requireAssigned(partition);
            paused.add(partition);
        }
    }

    @Override
    public void resume(TopicPartition... asked) {
        for (TopicPartition partition : asked) {
            requireAssigned(partition);
            paused.remove(partition);
        }
    }

    @Override
    public void requestCommit() {
        // The durable position is in the target.
    }

    @Override
    public Map<String, String> configs() {
        return Map.of();
    }

    @Override
    public PluginMetrics pluginMetrics() {
        throw new AssertionError("the sink has its own JMX bean");
    }

    @Override
    public ErrantRecordReporter errantRecordReporter() {
        throw new AssertionError("the sink must not hand single records to a dead letter queue");
    }
}
