package org.pg2citus.sink;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkTaskContext;

/**
 * Connect's context, for a step that runs on another thread: keeps what the step asks for until Connect's own thread
 * {@linkplain #carryOut carries it out}. The consumer behind the real context is for one thread only.
 *
 * <p>Not thread safe by itself: the end of the step lies between the two threads' uses.
 */
final class DeferredContext implements SinkTaskContext {

    private final Set<TopicPartition> assignment;
    private final Map<TopicPartition, Long> offsets = new HashMap<>();
    private final Set<TopicPartition> paused = new HashSet<>();
    private OptionalLong timeoutMs = OptionalLong.empty();
    private boolean commitRequested;

    DeferredContext(Set<TopicPartition> assignment) {
        this.assignment = Set.copyOf(assignment);
    }

    /**
     * Passes on what was asked for, except pauses: see {@link #paused}.
     *
     * @return true when the consumer is sent to another offset
     */
    boolean carryOut(SinkTaskContext context) {
        boolean moves = !offsets.isEmpty();
        if (moves) {
            context.offset(Map.copyOf(offsets));
            offsets.clear();
        }
        timeoutMs.ifPresent(context::timeout);
        timeoutMs = OptionalLong.empty();
        if (commitRequested) {
            context.requestCommit();
            commitRequested = false;
        }
        return moves;
    }

    /** The partitions that the step wants to be paused from here on. */
    Set<TopicPartition> paused() {
        return Set.copyOf(paused);
    }

    @Override
    public void offset(Map<TopicPartition, Long> wanted) {
        offsets.putAll(wanted);
    }

    @Override
    public void offset(TopicPartition partition, long offset) {
        offsets.put(partition, offset);
    }

    @Override
    public void timeout(long milliseconds) {
        timeoutMs = OptionalLong.of(milliseconds);
    }

    @Override
    public Set<TopicPartition> assignment() {
        return assignment;
    }

    @Override
    public void pause(TopicPartition... partitions) {
        paused.addAll(Set.of(partitions));
    }

    @Override
    public void resume(TopicPartition... partitions) {
        paused.removeAll(Set.of(partitions));
    }

    @Override
    public void requestCommit() {
        commitRequested = true;
    }

    @Override
    public Map<String, String> configs() {
        throw new UnsupportedOperationException("the task has its settings from its start");
    }

    @Override
    public PluginMetrics pluginMetrics() {
        throw new UnsupportedOperationException("the sink has its own JMX bean");
    }

    @Override
    public ErrantRecordReporter errantRecordReporter() {
        throw new UnsupportedOperationException("single records are never handed to a dead letter queue");
    }
}
