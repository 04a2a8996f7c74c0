package org.pg2citus.source;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;

/** Drives a real task as Connect does; which records Kafka acknowledged, and what was stored, is the test's choice. */
final class TaskRun implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final SourceTask task;
    private final Offsets offsets;
    private final Deque<SourceRecord> pending = new ArrayDeque<>();

    private TaskRun(SourceTask task, Offsets offsets) {
        this.task = task;
        this.offsets = offsets;
    }

    static TaskRun start(SourceTask task, Map<String, String> settings, Offsets offsets) {
        task.initialize(new Context(settings, offsets));
        task.start(settings);
        return new TaskRun(task, offsets);
    }

    /** All records up to and with the first that is like this. */
    List<SourceRecord> pollTo(Predicate<SourceRecord> last) throws InterruptedException {
        List<SourceRecord> polled = new ArrayList<>();
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (System.nanoTime() < deadline) {
            if (pending.isEmpty()) {
                pending.addAll(poll());
                continue;
            }
            SourceRecord record = pending.remove();
            polled.add(record);
            if (last.test(record)) {
                return polled;
            }
        }
        throw new AssertionError("no such record after " + TIMEOUT + " among " + polled);
    }

    List<SourceRecord> poll() throws InterruptedException {
        try {
            List<SourceRecord> batch = task.poll();
            return batch == null ? List.of() : batch;
        } catch (RetriableException e) {
            return List.of();
        }
    }

    /** Kafka acknowledged the record, and Connect stored its offset. */
    void acknowledge(SourceRecord record) {
        try {
            task.commitRecord(record, new RecordMetadata(new TopicPartition(record.topic(), 0), 0, 0, 0, 0, 0));
            offsets.store(record);
            task.commit();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    SourceTask task() {
        return task;
    }

    @Override
    public void close() {
        task.stop();
    }

    /** What Connect has stored. */
    static final class Offsets implements OffsetStorageReader {

        private final Map<Map<String, ?>, Map<String, Object>> stored = new HashMap<>();

        synchronized void store(SourceRecord record) {
            stored.put(new HashMap<>(record.sourcePartition()), new HashMap<>(record.sourceOffset()));
        }

        @Override
        public synchronized <T> Map<String, Object> offset(Map<String, T> partition) {
            return stored.get(partition);
        }

        @Override
        public synchronized <T> Map<Map<String, T>, Map<String, Object>> offsets(
                Collection<Map<String, T>> partitions) {
            Map<Map<String, T>, Map<String, Object>> found = new HashMap<>();
            partitions.forEach(partition -> found.put(partition, stored.get(partition)));
            return found;
        }
    }

    private record Context(Map<String, String> configs, OffsetStorageReader offsetStorageReader)
            implements SourceTaskContext {
        @Override
        public PluginMetrics pluginMetrics() {
            throw new UnsupportedOperationException("no task of ours has metrics in Connect");
        }
    }
}
