package org.pg2citus.runner.cutover;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;

/**
 * A cutover as its row in the target has it.
 *
 * @param fenceLsn every write to the tables committed before it; empty while fencing
 * @param fencedAt since when the source refuses writes
 * @param finishedAt since when the application may use the target
 */
public record CutoverState(
        CutoverStep step, Optional<Lsn> fenceLsn, Optional<Instant> fencedAt, Optional<Instant> finishedAt) {

    public CutoverState {
        requireNonNull(step, "step is null");
        requireNonNull(fenceLsn, "fenceLsn is null");
        requireNonNull(fencedAt, "fencedAt is null");
        requireNonNull(finishedAt, "finishedAt is null");
        if ((step == CutoverStep.FENCING) != fenceLsn.isEmpty()) {
            throw new IllegalArgumentException("step %s with fence %s".formatted(step, fenceLsn));
        }
    }

    static CutoverState fencing() {
        return new CutoverState(CutoverStep.FENCING, Optional.empty(), Optional.empty(), Optional.empty());
    }

    CutoverState fencedAt(Lsn lsn, Instant since) {
        return new CutoverState(CutoverStep.FENCED, Optional.of(lsn), Optional.of(since), Optional.empty());
    }

    CutoverState doneAt(Instant time) {
        return new CutoverState(CutoverStep.DONE, fenceLsn, fencedAt, Optional.of(time));
    }
}
