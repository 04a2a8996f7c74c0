package org.pg2citus.sink.metrics;

import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
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

    private static final String DOMAIN = "pg2citus.sink";

    /** Names that need no quotes in an object name: the rules of Prometheus exporters stay simple. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.-]+");

    /** Which task a registered bean belongs to: a task that ends late must not take away its successor's. */
    private static final Map<ObjectName, SinkMetrics> REGISTERED = new ConcurrentHashMap<>();

    /** By pipeline, and for as long as the process lives. */
    private static final Map<String, AtomicLong> DIVERGENCES = new ConcurrentHashMap<>();

    /** An update, delete or insert that hit another number of rows than it was for. */
    private static final Set<String> DIVERGENCE_CODES = Set.of("AP003", "AP004", "AP005", "AP006");

    private final ObjectName name;
    private final WriterMetrics writer;
    private final Clock clock;
    private final Rate transactionRate;
    private final Rate rowRate;
    private final AtomicLong divergences;

    private volatile Lsn applied = Lsn.ZERO;
    private volatile Lsn read = Lsn.ZERO;
    private volatile long nextOffset;
    private volatile long lastBatchRows;
    private volatile long lastBatchMs;
    private volatile boolean holding;
    private volatile boolean unavailable;
    private volatile String lastRetryReason = "";

    /** Of the record that is being read; used by the task's thread only. */
    private long recordMs;

    /** Of the record that {@link #read} comes from; used by the task's thread only. */
    private long readMs;

    private volatile long appliedMs;
    private volatile boolean caughtUp = true;
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong duplicates = new AtomicLong();
    private final AtomicLong streamed = new AtomicLong();
    private final AtomicLong startsOver = new AtomicLong();

    private SinkMetrics(ObjectName name, String pipeline, WriterMetrics writer, Clock clock) {
        this.name = name;
        this.writer = writer;
        this.clock = clock;
        this.transactionRate = new Rate(clock);
        this.rowRate = new Rate(clock);
        this.divergences = DIVERGENCES.computeIfAbsent(pipeline, unused -> new AtomicLong());
        this.appliedMs = clock.millis();
    }

    /** Registers the bean of a pipeline; a bean left over from an earlier task of the same pipeline is replaced. */
    public static SinkMetrics register(String pipeline, WriterMetrics writer, Clock clock) {
        synchronized (REGISTERED) {
            try {
                ObjectName name = objectName(pipeline);
                SinkMetrics metrics = new SinkMetrics(name, pipeline, writer, clock);
                MBeanServer server = ManagementFactory.getPlatformMBeanServer();
                if (server.isRegistered(name)) {
                    server.unregisterMBean(name);
                }
                server.registerMBean(metrics, name);
                REGISTERED.put(name, metrics);
                return metrics;
            } catch (JMException e) {
                throw new IllegalStateException("cannot register the JMX bean of pipeline " + pipeline, e);
            }
        }
    }

    static ObjectName objectName(String pipeline) throws JMException {
        String server = PLAIN.matcher(pipeline).matches() ? pipeline : ObjectName.quote(pipeline);
        return new ObjectName(DOMAIN + ":type=connector-metrics,context=sink,server=" + server + ",task=0");
    }

    /** A record is read: its time is that of the position that it brings. */
    public void recordRead(Long timestampMs) {
        caughtUp = false;
        recordMs = timestampMs == null ? clock.millis() : timestampMs;
    }

    /** Nothing is left in the topic, and nothing in memory. */
    public void caughtUp() {
        // Between two attempts the consumer has nothing either, for a moment.
        caughtUp = !unavailable;
    }

    /** The task halts. */
    public void halted(String code) {
        if (DIVERGENCE_CODES.contains(code)) {
            divergences.incrementAndGet();
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
        transactionRate.add(transactionCount);
        rowRate.add(sourceRows);
        unavailable = false;
        if (read.compareTo(upTo) <= 0 || transactionCount == 0) {
            appliedMs = readMs;
        }
    }

    public void positionRead(Lsn lsn) {
        if (lsn.compareTo(read) > 0) {
            read = lsn;
        }
        readMs = recordMs;
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
    public void startedOver(String reason) {
        startsOver.incrementAndGet();
        unavailable = true;
        lastRetryReason = reason;
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
    public long getMilliSecondsBehindSource() {
        return caughtUp ? 0 : Math.max(0, clock.millis() - appliedMs);
    }

    @Override
    public double getTransactionsPerSecond() {
        return transactionRate.perSecond();
    }

    @Override
    public double getRowsPerSecond() {
        return rowRate.perSecond();
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
    public long getLastCommitMilliSeconds() {
        return writer.lastCommit().toMillis();
    }

    @Override
    public long getMaxCommitMilliSeconds() {
        return writer.longestCommit().toMillis();
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
    public long getNumberOfReconnects() {
        return writer.reconnects();
    }

    @Override
    public boolean isTargetUnavailable() {
        return unavailable;
    }

    @Override
    public String getLastRetryReason() {
        return lastRetryReason;
    }

    @Override
    public long getNumberOfInDoubtWaits() {
        return writer.inDoubtWaits();
    }

    @Override
    public long getNumberOfDivergences() {
        return divergences.get() + writer.divergences();
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
        synchronized (REGISTERED) {
            if (!REGISTERED.remove(name, this)) {
                return;
            }
            try {
                ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
            } catch (JMException e) {
                LOG.warn("The JMX bean {} was not unregistered", name, e);
            }
        }
    }
}
