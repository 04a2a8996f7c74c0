package org.pg2citus.sink;

import java.time.Clock;
import java.util.Collection;
import java.util.HashSet;
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
 * Connect's callbacks; the work is in {@link StartedTask}, which exists while partitions are assigned, and runs on a thread
 * of {@link BackgroundTask} so that no callback keeps Connect waiting.
 */
public final class CitusSinkTask extends SinkTask {

    private static final Logger LOG = LoggerFactory.getLogger(CitusSinkTask.class);

    private CitusSinkConfig config;
    private final Set<TopicPartition> assigned = new HashSet<>();
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
        Set<TopicPartition> all = new HashSet<>(assigned);
        all.addAll(partitions);
        halting(() -> Assignment.check(config, all));
        closeStarted();
        assigned.addAll(partitions);
        Set<TopicPartition> now = Set.copyOf(assigned);
        halting(() -> started = Optional.of(BackgroundTask.open(
                "pg2citus-sink-" + config.getString(CitusSinkConfig.PIPELINE),
                context,
                now,
                wishes -> open(now, wishes))));
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
            assigned.removeAll(partitions);
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
    private StartedTask open(Set<TopicPartition> partitions, SinkTaskContext wishes) {
        Clock clock = Clock.systemUTC();
        TopicPartition identity = Assignment.identity(config, partitions);
        RetryWindow retries = new RetryWindow(config.millis(CitusSinkConfig.RETRY_TIMEOUT_MS), clock);
        while (true) {
            try {
                TargetWriter writer = TargetWriter.open(
                        config.target(),
                        config.getString(CitusSinkConfig.PIPELINE),
                        identity.topic(),
                        identity.partition());
                SinkMetrics metrics =
                        SinkMetrics.register(config.getString(CitusSinkConfig.PIPELINE), writer.metrics(), clock);
                Intake intake = config.isTopicPerTable()
                        ? new TopicPerTable(config, wishes, partitions, clock)
                        : new OrderedTopic(wishes, identity, config.getLong(CitusSinkConfig.OFFSET_GAP_MAX));
                return new StartedTask(config, wishes, intake, writer, metrics, clock);
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
