package org.pg2citus.sink;

import java.time.Clock;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.pg2citus.sink.apply.TargetWriter;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.metrics.SinkMetrics;

/** Connect's callbacks; the work is in {@link StartedTask}, which exists while a partition is assigned. */
public final class CitusSinkTask extends SinkTask {

    private CitusSinkConfig config;
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
        if (partitions.size() > 1 || started.isPresent()) {
            throw new ConnectException(
                    "CF002 the sink was given several topic partitions %s: one ordered topic with one"
                                    .formatted(partitions)
                            + " partition keeps transactions whole. Recreate the topic with one partition.");
        }
        started = Optional.of(halting(() -> open(partitions.iterator().next())));
    }

    @Override
    public void put(Collection<SinkRecord> records) {
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
            closeStarted();
        }
    }

    @Override
    public void stop() {
        closeStarted();
    }

    private StartedTask open(TopicPartition partition) {
        TargetWriter writer = TargetWriter.open(
                config.target(), config.getString(CitusSinkConfig.PIPELINE), partition.topic(), partition.partition());
        SinkMetrics metrics = SinkMetrics.register(config.getString(CitusSinkConfig.PIPELINE), writer.metrics());
        return new StartedTask(config, context, partition, writer, metrics, Clock.systemUTC());
    }

    private void closeStarted() {
        started.ifPresent(StartedTask::close);
        started = Optional.empty();
    }

    private static StartedTask halting(java.util.function.Supplier<StartedTask> step) {
        try {
            return step.get();
        } catch (HaltException e) {
            // Connect fails the task on this, keeps the offsets, and shows the message in the task's status.
            throw new ConnectException(e.getMessage(), e);
        }
    }
}
