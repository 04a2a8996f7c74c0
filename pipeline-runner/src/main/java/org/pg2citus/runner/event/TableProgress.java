package org.pg2citus.runner.event;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * How far the copy of one table is.
 *
 * @param rows rows copied so far
 * @param bytes bytes copied so far, in COPY's text form
 * @param estimatedRows the planner's estimate of all rows; 0 when it has none
 * @param rowsPerSecond in the last seconds
 * @param bytesPerSecond in the last seconds
 * @param timeLeft at this rate; empty when that cannot be said
 */
public record TableProgress(
        TableId table,
        State state,
        long rows,
        long bytes,
        long estimatedRows,
        double rowsPerSecond,
        double bytesPerSecond,
        Optional<Duration> timeLeft) {

    /** What happens with the table. */
    public enum State {
        WAITING,
        COPYING,
        COPIED
    }

    public TableProgress {
        requireNonNull(table, "table is null");
        requireNonNull(state, "state is null");
        requireNonNull(timeLeft, "timeLeft is null");
    }

    /** A table that stands still. */
    public static TableProgress resting(TableId table, State state, long rows, long bytes, long estimatedRows) {
        return new TableProgress(table, state, rows, bytes, estimatedRows, 0, 0, Optional.empty());
    }

    /** The done part, 0 to 1; an estimate below the truth counts as almost done. */
    public double fraction() {
        if (state == State.COPIED) {
            return 1;
        }
        return estimatedRows <= 0 ? 0 : Math.min(0.99, (double) rows / estimatedRows);
    }
}
