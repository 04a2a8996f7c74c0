package org.pg2citus.sink;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets Connect's thread go on polling while the target is slow or away.
 *
 * <p>Kafka takes a partition away from a consumer that does not poll for {@code max.poll.interval.ms}. A lock in the
 * target, a COMMIT that waits for a synchronous standby, two-phase recovery or an outage can each last longer. So all
 * that touches the target is done on a thread of its own, one call of {@code put} at a time; Connect's thread waits for
 * it a moment, then pauses the partitions and comes back with its next poll.
 */
final class BackgroundTask implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BackgroundTask.class);

    /** How long one call keeps Connect's thread: far below every sensible max.poll.interval.ms. */
    static final Duration PATIENCE = Duration.ofMillis(500);

    /** How often Connect comes back while a step goes on. */
    private static final Duration BUSY_POLL = Duration.ofMillis(50);

    /** How often Connect comes back when there is nothing to do: what was only read is written as progress then. */
    private static final Duration IDLE_POLL = Duration.ofSeconds(1);

    /** Below Connect's task.shutdown.graceful.timeout.ms, which is 5 s by default. */
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

    private final SinkTaskContext context;
    private final TopicPartition[] partitions;
    private final DeferredContext wishes;
    private final StepThread thread;

    private volatile Optional<StartedTask> started = Optional.empty();
    private Map<TopicPartition, OffsetAndMetadata> durableOffsets = Map.of();
    private Set<TopicPartition> paused = Set.of();

    private BackgroundTask(String name, SinkTaskContext context, Set<TopicPartition> partitions) {
        this.context = context;
        this.partitions = partitions.toArray(TopicPartition[]::new);
        this.wishes = new DeferredContext(partitions);
        this.thread = new StepThread(name);
    }

    /** @param opening makes the task; runs on the other thread and may take long */
    static BackgroundTask open(
            String name,
            SinkTaskContext context,
            Set<TopicPartition> partitions,
            Function<SinkTaskContext, StartedTask> opening) {
        BackgroundTask task = new BackgroundTask(name, context, partitions);
        task.thread.start(() -> task.started = Optional.of(opening.apply(task.wishes)));
        try {
            boolean unused = task.settle();
        } catch (RuntimeException e) {
            task.close();
            throw e;
        }
        return task;
    }

    /** Hands the records over; what a step before ended with is thrown here. */
    void put(Collection<SinkRecord> records) {
        if (!thread.isIdle() && !records.isEmpty()) {
            // Paused partitions bring none, but somebody may resume the consumer, or Connect have some in its hands.
            boolean moves = settle();
            if (!thread.isIdle()) {
                // Connect keeps the records and delivers them again.
                throw new RetriableException("the records before these are still being applied");
            }
            if (moves) {
                // These come from where the consumer was; from its new position it delivers what is needed.
                return;
            }
        }
        if (thread.isIdle()) {
            StartedTask task = started.orElseThrow(() -> new AssertionError("the opening ended without a task"));
            // The caller may use its collection again while the step goes on.
            List<SinkRecord> taken = List.copyOf(records);
            thread.start(() -> task.put(taken));
        }
        boolean unused = settle();
    }

    /** Up to where everything was durable in the target when the last step ended. */
    Map<TopicPartition, OffsetAndMetadata> durableOffsets() {
        return durableOffsets;
    }

    boolean isBusy() {
        return !thread.isIdle();
    }

    @Override
    public void close() {
        if (!thread.isIdle()) {
            // The answer that the step waits for may never come.
            started.ifPresent(StartedTask::abort);
        }
        if (!thread.end(() -> started.ifPresent(StartedTask::close), CLOSE_PATIENCE)) {
            LOG.warn(
                    "The target has not answered for {} ms: leaving the session behind. Whatever it was doing is rolled"
                            + " back or known from the progress, and the next task ends it.",
                    CLOSE_PATIENCE.toMillis());
        }
    }

    /** Returns true when the step has ended and wants the consumer to go to another offset. */
    private boolean settle() {
        boolean ended;
        try {
            ended = thread.await(PATIENCE);
        } finally {
            if (thread.isIdle()) {
                // Also of a step that failed: batches before the one that did are durable.
                durableOffsets = started.map(StartedTask::durableOffsets).orElse(Map.of());
            }
        }
        if (!ended) {
            pauseOnly(Set.of(partitions));
            context.timeout(BUSY_POLL.toMillis());
            return false;
        }
        context.timeout(IDLE_POLL.toMillis());
        boolean moves = wishes.carryOut(context);
        pauseOnly(wishes.paused());
        return moves;
    }

    private void pauseOnly(Set<TopicPartition> wanted) {
        if (wanted.equals(paused)) {
            return;
        }
        for (TopicPartition partition : partitions) {
            if (wanted.contains(partition) && !paused.contains(partition)) {
                context.pause(partition);
            } else if (!wanted.contains(partition) && paused.contains(partition)) {
                context.resume(partition);
            }
        }
        paused = wanted;
    }
}
