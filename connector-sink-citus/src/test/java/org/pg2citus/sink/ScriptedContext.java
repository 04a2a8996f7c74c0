package org.pg2citus.sink;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** What Connect would do for a task that reads a {@link TopicScript}: keep its position, and whether it is paused. */
final class ScriptedContext implements SinkTaskContext {

    private final TopicPartition partition;
    private long position;
    private boolean paused;

    ScriptedContext(TopicPartition partition) {
        this.partition = partition;
    }

    /** The offset that the task asked for; empty when it goes on as it was. */
    private OptionalLong rewound = OptionalLong.empty();

    /** Delivers what is new in the script, as a consumer would: in polls of {@code perPoll} records. */
    void deliver(CitusSinkTask task, TopicScript script, int perPoll) {
        int polls = 0;
        boolean more = true;
        while (more) {
            if (++polls > 100_000) {
                throw new AssertionError("the task does not come to an end, position " + position);
            }
            position = rewound.orElse(position);
            rewound = OptionalLong.empty();
            var records = paused
                    ? java.util.List.<org.apache.kafka.connect.sink.SinkRecord>of()
                    : script.from(position, perPoll);
            task.put(records);
            if (!records.isEmpty()) {
                position = records.get(records.size() - 1).kafkaOffset() + 1;
            }
            more = task.isBusy() || (!paused && (rewound.isPresent() || position < script.size()));
        }
    }

    OptionalLong rewound() {
        return rewound;
    }

    boolean isPaused() {
        return paused;
    }

    @Override
    public void offset(Map<TopicPartition, Long> offsets) {
        offsets.forEach(this::offset);
    }

    @Override
    public void offset(TopicPartition asked, long offset) {
        if (!asked.equals(partition)) {
            throw new AssertionError("asked for " + asked + " instead of " + partition);
        }
        rewound = OptionalLong.of(offset);
    }

    @Override
    public void timeout(long timeoutMs) {
        // The script delivers without waiting.
    }

    @Override
    public Set<TopicPartition> assignment() {
        return Set.of(partition);
    }

    @Override
    public void pause(TopicPartition... partitions) {
        paused = true;
    }

    @Override
    public void resume(TopicPartition... partitions) {
        paused = false;
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
