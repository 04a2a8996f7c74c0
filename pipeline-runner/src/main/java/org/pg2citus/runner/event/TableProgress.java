package org.pg2citus.runner.event;

import static java.util.Objects.requireNonNull;

import org.pg2citus.sink.change.TableId;

/**
 * How far the copy of one table is.
 *
 * @param rows rows copied so far
 * @param bytes bytes copied so far, in COPY's text form
 * @param estimatedRows the planner's estimate of all rows; 0 when it has none
 */
public record TableProgress(TableId table, State state, long rows, long bytes, long estimatedRows) {

    /** What happens with the table. */
    public enum State {
        WAITING,
        COPYING,
        COPIED
    }

    public TableProgress {
        requireNonNull(table, "table is null");
        requireNonNull(state, "state is null");
    }

    /** The done part, 0 to 1; an estimate below the truth counts as almost done. */
    public double fraction() {
        if (state != State.COPYING) {
            return state == State.COPIED ? 1 : 0;
        }
        return estimatedRows <= 0 ? 0 : Math.min(0.99, (double) rows / estimatedRows);
    }
}
