package org.pg2citus.runner.change;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;

/**
 * What a command came to.
 *
 * @param lsn where the sink is held, or the barrier between the old and the new form
 * @param source statements for the source; empty when it is changed by hand
 * @param target statements for the target; with {@link Outcome#DIFFERENT}, what mends it
 * @param notes what is to be known besides
 */
public record ChangeReport(
        Outcome outcome, Optional<Lsn> lsn, List<String> source, List<String> target, List<String> notes) {

    /** How it ended. */
    public enum Outcome {
        /** Only told what would be run. */
        PLANNED,
        /** The sink is held. */
        HELD,
        /** Both sides are changed, and the sink goes on. */
        DONE,
        /** The target is still to be changed by hand. */
        DIFFERENT,
        /** Given up; or there was nothing to give up. */
        ABORTED
    }

    public ChangeReport {
        requireNonNull(outcome, "outcome is null");
        requireNonNull(lsn, "lsn is null");
        source = List.copyOf(source);
        target = List.copyOf(target);
        notes = List.copyOf(notes);
    }
}
