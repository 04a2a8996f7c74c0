package org.pg2citus.runner.watch;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.runner.event.TableProgress.State;

/** The figures of a copy: written once a second, read by any thread. */
public final class CopyMetrics implements CopyMetricsMXBean, AutoCloseable {

    private final ObjectName name;
    private volatile CopyProgressed progress = new CopyProgressed(List.of(), 0, 0, Optional.empty());
    private volatile long retainedWalBytes;

    private CopyMetrics(ObjectName name) {
        this.name = name;
    }

    /** Registers the bean of a migration. */
    public static CopyMetrics register(String migration) {
        try {
            CopyMetrics metrics = new CopyMetrics(
                    new ObjectName("pg2citus.runner:type=copy,migration=" + ObjectName.quote(migration)));
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            if (server.isRegistered(metrics.name)) {
                server.unregisterMBean(metrics.name);
            }
            server.registerMBean(metrics, metrics.name);
            return metrics;
        } catch (JMException e) {
            throw new IllegalStateException("cannot register the JMX bean of migration " + migration, e);
        }
    }

    /** Takes what was measured. */
    public void measured(CopyProgressed measured, long retainedBytes) {
        progress = measured;
        retainedWalBytes = retainedBytes;
    }

    @Override
    public int getNumberOfTables() {
        return progress.tables().size();
    }

    @Override
    public int getNumberOfTablesCopied() {
        return (int) progress.tables().stream()
                .filter(table -> table.state() == State.COPIED)
                .count();
    }

    @Override
    public long getNumberOfRows() {
        return progress.tables().stream().mapToLong(TableProgress::rows).sum();
    }

    @Override
    public long getNumberOfBytes() {
        return progress.tables().stream().mapToLong(TableProgress::bytes).sum();
    }

    @Override
    public double getRowsPerSecond() {
        return progress.rowsPerSecond();
    }

    @Override
    public double getBytesPerSecond() {
        return progress.bytesPerSecond();
    }

    @Override
    public long getRemainingSeconds() {
        return progress.timeLeft().map(left -> left.toSeconds()).orElse(-1L);
    }

    @Override
    public long getRetainedWalBytes() {
        return retainedWalBytes;
    }

    @Override
    public void close() {
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
        } catch (JMException e) {
            throw new IllegalStateException("cannot remove the JMX bean " + name, e);
        }
    }
}
