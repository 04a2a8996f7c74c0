package org.pg2citus.sink.apply;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** What the writer did since it was opened: counted by its thread, read by any. */
public final class WriterMetrics {

    private final AtomicLong commits = new AtomicLong();
    private volatile Duration lastCommit = Duration.ZERO;
    private volatile Duration longestCommit = Duration.ZERO;
    private final AtomicLong retries = new AtomicLong();
    private final AtomicLong reconnects = new AtomicLong();
    private final AtomicLong unknownOutcomes = new AtomicLong();
    private final AtomicLong inDoubtWaits = new AtomicLong();
    private final AtomicLong inserted = new AtomicLong();
    private final AtomicLong updated = new AtomicLong();
    private final AtomicLong deleted = new AtomicLong();
    private final AtomicLong relocated = new AtomicLong();
    private final AtomicLong divergences = new AtomicLong();
    private final AtomicLong staged = new AtomicLong();

    WriterMetrics() {}

    /** Target transactions committed. */
    public long commits() {
        return commits.get();
    }

    /** How long the newest COMMIT took. */
    public Duration lastCommit() {
        return lastCommit;
    }

    /** How long the longest COMMIT took. */
    public Duration longestCommit() {
        return longestCommit;
    }

    /** Attempts of a target transaction after the first. */
    public long retries() {
        return retries.get();
    }

    /** Sessions opened after the first. */
    public long reconnects() {
        return reconnects.get();
    }

    /** Commits whose outcome was lost with the connection, and was then read from the progress. */
    public long unknownOutcomes() {
        return unknownOutcomes.get();
    }

    /** Waits for two-phase transactions that were in doubt. */
    public long inDoubtWaits() {
        return inDoubtWaits.get();
    }

    /** Rows inserted, relocated ones left out. Rows of attempts that failed count as well, here and below. */
    public long rowsInserted() {
        return inserted.get();
    }

    /** Rows updated in place. */
    public long rowsUpdated() {
        return updated.get();
    }

    /** Rows deleted, relocated ones left out. */
    public long rowsDeleted() {
        return deleted.get();
    }

    /** Rows that a delete and an insert changed, because an update could not. */
    public long rowsRelocated() {
        return relocated.get();
    }

    /** Updates and deletes that found no row and were left out; exact, only committed ones count. */
    public long divergences() {
        return divergences.get();
    }

    /** Updates that went through a stage, also those of transactions that were rolled back. */
    public long staged() {
        return staged.get();
    }

    void staged(long rows) {
        staged.addAndGet(rows);
    }

    void diverged(long rows) {
        divergences.addAndGet(rows);
    }

    void committed(Duration took) {
        commits.incrementAndGet();
        lastCommit = took;
        longestCommit = took.compareTo(longestCommit) > 0 ? took : longestCommit;
    }

    void retried() {
        retries.incrementAndGet();
    }

    void reconnected() {
        reconnects.incrementAndGet();
    }

    void outcomeUnknown() {
        unknownOutcomes.incrementAndGet();
    }

    void waitedInDoubt() {
        inDoubtWaits.incrementAndGet();
    }

    void inserted(long rows) {
        inserted.addAndGet(rows);
    }

    void updated(long rows) {
        updated.addAndGet(rows);
    }

    void deleted(long rows) {
        deleted.addAndGet(rows);
    }

    void relocated(long rows) {
        relocated.addAndGet(rows);
    }
}
