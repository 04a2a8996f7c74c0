package org.pg2citus.runner.change;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;

/**
 * An open schema change as its row in the target has it.
 *
 * @param since when it was begun
 * @param heldAt where the sink was held first
 * @param script what runs on both sides; empty when they are changed by hand
 * @param commit the source's change; empty before it
 */
public record SchemaChange(
        ChangeStep step, Instant since, Lsn heldAt, Optional<ChangeScript> script, Optional<SourceCommit> commit) {

    /**
     * The source's transaction.
     *
     * @param lsn every transaction that wrote the tables as they were committed before it, every other after it
     * @param xid its id on the source
     * @param tables what it does to the list of migrated tables
     */
    record SourceCommit(Lsn lsn, String xid, TableChanges tables) {
        SourceCommit {
            requireNonNull(lsn, "lsn is null");
            requireNonNull(xid, "xid is null");
            requireNonNull(tables, "tables is null");
        }
    }

    public SchemaChange {
        requireNonNull(step, "step is null");
        requireNonNull(since, "since is null");
        requireNonNull(heldAt, "heldAt is null");
        requireNonNull(script, "script is null");
        requireNonNull(commit, "commit is null");
        if (step.canAbort() != commit.isEmpty() || (commit.isPresent() && script.isEmpty())) {
            throw new IllegalArgumentException("step %s with commit %s".formatted(step, commit));
        }
    }

    static SchemaChange held(Instant since, Lsn heldAt, Optional<ChangeScript> script) {
        return new SchemaChange(ChangeStep.HELD, since, heldAt, script, Optional.empty());
    }

    SchemaChange passing() {
        return new SchemaChange(ChangeStep.PASSING, since, heldAt, script, Optional.empty());
    }

    /** The source's transaction did not come to pass. */
    SchemaChange heldAgain() {
        return new SchemaChange(ChangeStep.HELD, since, heldAt, script, Optional.empty());
    }

    SchemaChange changingSource(SourceCommit begun) {
        return new SchemaChange(ChangeStep.SOURCE_CHANGING, since, heldAt, script, Optional.of(begun));
    }

    SchemaChange sourceChanged() {
        return new SchemaChange(ChangeStep.SOURCE_CHANGED, since, heldAt, script, commit);
    }

    SchemaChange targetChanged() {
        return new SchemaChange(ChangeStep.TARGET_CHANGED, since, heldAt, script, commit);
    }

    SchemaChange withScript(ChangeScript corrected) {
        return new SchemaChange(step, since, heldAt, Optional.of(corrected), commit);
    }

    /** For {@code status}: what is to be done now, in one sentence. */
    public String next() {
        return switch (step) {
            case HELD ->
                script.isPresent()
                        ? "pg2citus schema-change finish changes both sides; abort gives it up"
                        : "change the source, then: pg2citus schema-change finish; abort gives it up";
            case PASSING -> "change the target as 'pg2citus schema-change finish' says, then run it again";
            case SOURCE_CHANGING, SOURCE_CHANGED -> "pg2citus schema-change finish goes on: the source is changed";
            case TARGET_CHANGED -> "pg2citus schema-change finish lets the sink go on";
        };
    }
}
