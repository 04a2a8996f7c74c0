package org.pg2citus.sink.metrics;

/**
 * What the sink tells over JMX, under {@code pg2citus.citus:type=connector-metrics,context=sink,server=<pipeline>,task=0}:
 * the shape of Debezium's own beans. Counters count from the start of the task.
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

    /** Source transactions applied. */
    long getNumberOfTransactions();

    /** Row changes read from the topic in these transactions. */
    long getNumberOfRows();

    /** Target transactions committed. */
    long getNumberOfBatches();

    /** Rows of the last batch, after the reduction to the net change. */
    long getLastBatchRows();

    /** Milliseconds that the last target transaction took, commit included. */
    long getLastBatchMilliSeconds();

    /** Source transactions dropped because the target had them already. */
    long getNumberOfDuplicateTransactions();

    /** Source transactions that were too large for memory and streamed. */
    long getNumberOfStreamedTransactions();

    /** Target transactions tried again. */
    long getNumberOfRetries();

    /** Times that the sink waited for in-doubt two-phase transactions. */
    long getNumberOfInDoubtWaits();

    /** Commits whose outcome was lost with the connection, and was then read from the progress. */
    long getNumberOfUnknownOutcomes();

    /** Updates and deletes that found no row and were left out; only with {@code divergence.policy=count}. */
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
