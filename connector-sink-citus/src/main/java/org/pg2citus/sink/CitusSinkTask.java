package org.pg2citus.sink;

import java.time.Clock;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.pg2citus.sink.apply.TargetWriter;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.metrics.SinkMetrics;

/** Connect's callbacks; the work is in {@link StartedTask}, which exists while partitions are assigned. */
public final class CitusSinkTask extends SinkTask {

    private CitusSinkConfig config;
    private final Set<TopicPartition> assigned = new HashSet<>();
    private Optional<StartedTask> started = Optional.empty();

    @Override
    public String version() {
        return Version.CURRENT;
    }

    @Override
    public void start(Map<String, String> props) {
        config = new CitusSinkConfig(props);
    }

    @Override
    public void open(Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        Set<TopicPartition> all = new HashSet<>(assigned);
        all.addAll(partitions);
        halting(() -> Assignment.check(config, all));
        closeStarted();
        assigned.addAll(partitions);
        started = Optional.of(halting(this::openAssigned));
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        if (started.isEmpty() && !assigned.isEmpty()) {
            throw new ConnectException(
                    ("CF004 some of this task's topic partitions were taken away; it was left with %s, and transactions"
                                    + " would be torn. Nothing was applied since. See that no other consumer uses this"
                                    + " connector's consumer group, and that its topics still exist, then restart the task")
                            .formatted(assigned));
        }
        started.ifPresent(task -> halting(() -> {
            task.put(records);
            return task;
        }));
    }

    /** Only what is durable in the target is given to Kafka: the target's own position is what counts at a start. */
    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> current) {
        return started.map(StartedTask::durableOffsets).orElse(Map.of());
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        if (!partitions.isEmpty()) {
            assigned.removeAll(partitions);
            closeStarted();
        }
    }

    @Override
    public void stop() {
        closeStarted();
    }

    private StartedTask openAssigned() {
        TopicPartition first = Assignment.identity(config, assigned);
        TargetWriter writer = TargetWriter.open(
                config.target(), config.getString(CitusSinkConfig.PIPELINE), first.topic(), first.partition());
        Clock clock = Clock.systemUTC();
        Intake intake = config.isTopicPerTable()
                ? new TopicPerTable(config, context, assigned, clock)
                : new OrderedTopic(context, first, config.getLong(CitusSinkConfig.OFFSET_GAP_MAX));
        SinkMetrics metrics = SinkMetrics.register(config.getString(CitusSinkConfig.PIPELINE), writer.metrics());
        return new StartedTask(config, context, intake, writer, metrics, clock);
    }

    private void closeStarted() {
        started.ifPresent(StartedTask::close);
        started = Optional.empty();
    }

    private static <T> T halting(Supplier<T> step) {
        try {
            return step.get();
        } catch (HaltException e) {
            // Connect fails the task on this, keeps the offsets, and shows the message in the task's status.
            throw new ConnectException(e.getMessage(), e);
        }
    }
}
