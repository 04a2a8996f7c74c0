package org.pg2citus.sink.metrics;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.pg2citus.sink.apply.WriterMetrics;
import org.pg2citus.sink.change.Lsn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The figures of one task: written by the task's thread, read by any. */
public final class SinkMetrics implements SinkMetricsMXBean, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SinkMetrics.class);

    private final ObjectName name;
    private final WriterMetrics writer;

    private volatile Lsn applied = Lsn.ZERO;
    private volatile Lsn read = Lsn.ZERO;
    private volatile long nextOffset;
    private volatile long lastBatchRows;
    private volatile long lastBatchMs;
    private volatile boolean holding;
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong duplicates = new AtomicLong();
    private final AtomicLong streamed = new AtomicLong();
    private final AtomicLong startsOver = new AtomicLong();

    private SinkMetrics(ObjectName name, WriterMetrics writer) {
        this.name = name;
        this.writer = writer;
    }

    /** Registers the bean of a pipeline; a bean left over from an earlier task of the same pipeline is replaced. */
    public static SinkMetrics register(String pipeline, WriterMetrics writer) {
        try {
            ObjectName name = new ObjectName("pg2citus.citus:type=connector-metrics,context=sink,server="
                    + ObjectName.quote(pipeline) + ",task=0");
            SinkMetrics metrics = new SinkMetrics(name, writer);
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            if (server.isRegistered(metrics.name)) {
                server.unregisterMBean(metrics.name);
            }
            server.registerMBean(metrics, metrics.name);
            return metrics;
        } catch (JMException e) {
            throw new IllegalStateException("cannot register the JMX bean of pipeline " + pipeline, e);
        }
    }

    /** A batch of {@code transactionCount} whole transactions became durable. */
    public void batchApplied(
            Lsn upTo, long offset, long transactionCount, long sourceRows, long netRows, Duration took) {
        applied = upTo;
        nextOffset = offset;
        transactions.addAndGet(transactionCount);
        rows.addAndGet(sourceRows);
        batches.incrementAndGet();
        lastBatchRows = netRows;
        lastBatchMs = took.toMillis();
    }

    public void positionRead(Lsn lsn) {
        if (lsn.compareTo(read) > 0) {
            read = lsn;
        }
    }

    /** Sets where the task starts: what the target says is durable. */
    public void startedAt(Lsn lsn, long offset) {
        applied = lsn;
        nextOffset = offset;
    }

    public void duplicateDropped() {
        duplicates.incrementAndGet();
    }

    public void transactionStreamed() {
        streamed.incrementAndGet();
    }

    /** The target could not be used, and the topic is read again from the durable offset. */
    public void startedOver() {
        startsOver.incrementAndGet();
    }

    public void holding(boolean now) {
        holding = now;
    }

    @Override
    public String getAppliedLsn() {
        return applied.toString();
    }

    @Override
    public long getAppliedLsnBytes() {
        return applied.value();
    }

    @Override
    public long getNextOffset() {
        return nextOffset;
    }

    @Override
    public long getLagBytes() {
        return Math.max(0, read.bytesSince(applied));
    }

    @Override
    public long getNumberOfTransactions() {
        return transactions.get();
    }

    @Override
    public long getNumberOfRows() {
        return rows.get();
    }

    @Override
    public long getNumberOfBatches() {
        return batches.get();
    }

    @Override
    public long getLastBatchRows() {
        return lastBatchRows;
    }

    @Override
    public long getLastBatchMilliSeconds() {
        return lastBatchMs;
    }

    @Override
    public long getNumberOfDuplicateTransactions() {
        return duplicates.get();
    }

    @Override
    public long getNumberOfStreamedTransactions() {
        return streamed.get();
    }

    @Override
    public long getNumberOfRetries() {
        return writer.retries() + startsOver.get();
    }

    @Override
    public long getNumberOfInDoubtWaits() {
        return writer.inDoubtWaits();
    }

    @Override
    public long getNumberOfDivergences() {
        return writer.divergences();
    }

    @Override
    public long getNumberOfUnknownOutcomes() {
        return writer.unknownOutcomes();
    }

    @Override
    public long getNumberOfRowsInserted() {
        return writer.rowsInserted();
    }

    @Override
    public long getNumberOfRowsUpdated() {
        return writer.rowsUpdated();
    }

    @Override
    public long getNumberOfRowsDeleted() {
        return writer.rowsDeleted();
    }

    @Override
    public long getNumberOfRowsRelocated() {
        return writer.rowsRelocated();
    }

    @Override
    public boolean isHolding() {
        return holding;
    }

    @Override
    public void close() {
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
        } catch (JMException e) {
            LOG.warn("The JMX bean {} was not unregistered", name, e);
        }
    }
}
