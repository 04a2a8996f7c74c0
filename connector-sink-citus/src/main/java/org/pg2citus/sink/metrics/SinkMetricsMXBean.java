package org.pg2citus.sink.metrics;

/**
 * What the sink tells over JMX, under {@code pg2citus.sink:type=connector-metrics,context=sink,server=<pipeline>,task=0}:
 * the shape of Debezium's own beans. Counters count from the start of the task. Operators read of it in docs/METRICS.md.
 */
public interface SinkMetricsMXBean {

    /** The end LSN of the newest source transaction that is durable in the target, as PostgreSQL prints it. */
    String getAppliedLsn();

    /** The same as a number, for graphs. */
    long getAppliedLsnBytes();

    /** The newest topic offset that is durable in the target, plus one. */
    long getNextOffset();

    /** Bytes of WAL between the newest position read from the topic and the newest applied. */
    long getLagBytes();

    /**
     * Age of the newest record that is durable in the target: how far the target is behind in time. 0 when all that the
     * topic had is applied; grows while the sink waits for the target, or holds.
     */
    long getMilliSecondsBehindSource();

    /** Source transactions applied. */
    long getNumberOfTransactions();

    /** Row changes read from the topic in these transactions. */
    long getNumberOfRows();

    /** Source transactions applied per second, over the last 10 seconds. */
    double getTransactionsPerSecond();

    /** Row changes applied per second, over the last 10 seconds. */
    double getRowsPerSecond();

    /** Target transactions committed. */
    long getNumberOfBatches();

    /** Rows of the last batch, after the reduction to the net change. */
    long getLastBatchRows();

    /** Milliseconds that the last target transaction took, commit included. */
    long getLastBatchMilliSeconds();

    /** Milliseconds that the COMMIT of the last target transaction took: two-phase commit, synchronous standbys. */
    long getLastCommitMilliSeconds();

    /** The longest COMMIT so far, in milliseconds. */
    long getMaxCommitMilliSeconds();

    /** Source transactions dropped because the target had them already. */
    long getNumberOfDuplicateTransactions();

    /** Source transactions that were too large for memory and streamed. */
    long getNumberOfStreamedTransactions();

    /** Target transactions tried again. */
    long getNumberOfRetries();

    /** Sessions with the target opened after the first. */
    long getNumberOfReconnects();

    /** True while the target cannot be used, and the sink tries again. */
    boolean isTargetUnavailable();

    /** Why the target was last tried again; empty when it never was. Holds no values of rows. */
    String getLastRetryReason();

    /** Times that the sink waited for in-doubt two-phase transactions. */
    long getNumberOfInDoubtWaits();

    /** Commits whose outcome was lost with the connection, and was then read from the progress. */
    long getNumberOfUnknownOutcomes();

    /**
     * Updates and deletes that did not hit the rows that they were for: the target is not what the source was. One for
     * each halt on such, counted from the start of the worker process, because the task ends with it; and with
     * {@code divergence.policy=count} each that was left out.
     */
    long getNumberOfDivergences();

    /** Rows inserted, after the reduction to the net change. */
    long getNumberOfRowsInserted();

    /** Rows updated in place, after the reduction. */
    long getNumberOfRowsUpdated();

    /** Rows deleted, after the reduction. */
    long getNumberOfRowsDeleted();

    /** Rows that a delete and an insert changed: another shard, another key, swapped unique values. */
    long getNumberOfRowsRelocated();

    /** True while the sink holds at the LSN it was told to hold at. */
    boolean isHolding();
}
