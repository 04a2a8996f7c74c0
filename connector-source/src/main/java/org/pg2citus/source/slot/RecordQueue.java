package org.pg2citus.source.slot;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Batches between the thread that reads the slot and the thread that Connect polls. Bounded in bytes of the stream; one
 * batch always fits, however large.
 */
public final class RecordQueue {

    private record Batch(List<SourceRecord> records, long sizeBytes) {}

    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Batch> batches = new ArrayDeque<>();
    private long queuedBytes;
    private boolean closed;

    public RecordQueue(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Adds a batch, if there is room within the time. A closed queue takes every batch and forgets it: what was not
     * polled is not confirmed, and the server sends it again.
     *
     * @return whether the batch was taken
     */
    boolean offer(List<SourceRecord> records, long sizeBytes, long timeoutMs) throws InterruptedException {
        long remainingNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        lock.lockInterruptibly();
        try {
            while (!closed && queuedBytes > 0 && queuedBytes + sizeBytes > maxBytes) {
                if (remainingNanos <= 0) {
                    return false;
                }
                remainingNanos = changed.awaitNanos(remainingNanos);
            }
            if (!closed) {
                batches.add(new Batch(records, sizeBytes));
                queuedBytes += sizeBytes;
                changed.signalAll();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The next batch; empty when none came within the time. */
    public List<SourceRecord> poll(long timeoutMs) throws InterruptedException {
        long remainingNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        lock.lockInterruptibly();
        try {
            while (batches.isEmpty()) {
                if (closed || remainingNanos <= 0) {
                    return List.of();
                }
                remainingNanos = changed.awaitNanos(remainingNanos);
            }
            Batch batch = batches.remove();
            queuedBytes -= batch.sizeBytes();
            changed.signalAll();
            return batch.records();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody polls any more: the reading thread is released. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            batches.clear();
            queuedBytes = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
