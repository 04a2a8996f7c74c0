package org.pg2citus.sink;

import java.time.Clock;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.pg2citus.sink.apply.TargetWriter;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.metrics.SinkMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connect's callbacks; the work is in {@link StartedTask}, which exists while a partition is assigned, and runs on a thread
 * of {@link BackgroundTask} so that no callback keeps Connect waiting.
 */
public final class CitusSinkTask extends SinkTask {

    private static final Logger LOG = LoggerFactory.getLogger(CitusSinkTask.class);

    private CitusSinkConfig config;
    private Optional<BackgroundTask> started = Optional.empty();

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
        TopicPartition partition = partitions.iterator().next();
        String pipeline = config.getString(CitusSinkConfig.PIPELINE);
        halting(() -> started = Optional.of(BackgroundTask.open(
                "pg2citus-sink-" + pipeline, context, Set.of(partition), wishes -> open(partition, wishes))));
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        started.ifPresent(task -> halting(() -> task.put(records)));
    }

    /** Only what is durable in the target is given to Kafka: the target's own position is what counts at a start. */
    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> current) {
        return started.map(BackgroundTask::durableOffsets).orElse(Map.of());
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

    /** True while the target is still busy with what was put last. */
    boolean isBusy() {
        return started.filter(BackgroundTask::isBusy).isPresent();
    }

    /** Tries for as long as a running task would. */
    private StartedTask open(TopicPartition partition, SinkTaskContext wishes) {
        Clock clock = Clock.systemUTC();
        RetryWindow retries = new RetryWindow(config.millis(CitusSinkConfig.RETRY_TIMEOUT_MS), clock);
        while (true) {
            try {
                TargetWriter writer = TargetWriter.open(
                        config.target(),
                        config.getString(CitusSinkConfig.PIPELINE),
                        partition.topic(),
                        partition.partition());
                SinkMetrics metrics =
                        SinkMetrics.register(config.getString(CitusSinkConfig.PIPELINE), writer.metrics(), clock);
                return new StartedTask(config, wishes, partition, writer, metrics, clock);
            } catch (RetryLaterException e) {
                var pause = retries.failed(e);
                LOG.warn("The target cannot be used now, trying again in {} ms: {}", pause.toMillis(), e.getMessage());
                retries.sleep(pause);
            }
        }
    }

    private void closeStarted() {
        started.ifPresent(BackgroundTask::close);
        started = Optional.empty();
    }

    private static void halting(Runnable step) {
        try {
            step.run();
        } catch (HaltException e) {
            // Connect fails the task on this, keeps the offsets, and shows the message in the task's status.
            throw new ConnectException(e.getMessage(), e);
        }
    }
}
