package org.pg2citus.runner.watch;

/**
 * How far the copy of a running {@code pg2citus migrate} is, for JMX: {@code
 * pg2citus.runner:type=copy,migration="<name>"}. There while tables are copied, and brought up to date once a second.
 */
public interface CopyMetricsMXBean {

    /** Tables of the migration. */
    int getNumberOfTables();

    /** Tables whose every row is in the target. */
    int getNumberOfTablesCopied();

    /** Rows in the target or under way, also of earlier runs. */
    long getNumberOfRows();

    /** Their bytes, in COPY's text form. */
    long getNumberOfBytes();

    /** Rows a second, in the last seconds. */
    double getRowsPerSecond();

    /** Bytes a second, in the last seconds. */
    double getBytesPerSecond();

    /** Seconds to the end of the copy at this rate; -1 when that cannot be said. */
    long getRemainingSeconds();

    /** WAL that the source keeps for the slot, in bytes. */
    long getRetainedWalBytes();
}
