package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.sink.change.Lsn;

/**
 * How far the sink is.
 *
 * @param lsn everything that the source committed before it is in the target
 * @param nextOffset where the sink reads on in the topic
 * @param rows row changes applied since the beginning
 * @param transactions source transactions applied since the beginning
 */
public record AppliedProgress(Lsn lsn, OptionalLong nextOffset, long rows, long transactions) {

    /** Before the sink's first start. */
    public static final AppliedProgress NONE = new AppliedProgress(Lsn.ZERO, OptionalLong.empty(), 0, 0);

    public AppliedProgress {
        requireNonNull(lsn, "lsn is null");
        requireNonNull(nextOffset, "nextOffset is null");
    }

    /** What committed before the slot was made is in the copies, also before the sink has written anything. */
    public AppliedProgress atLeast(Optional<Lsn> slotLsn) {
        return slotLsn.isPresent() && slotLsn.get().compareTo(lsn) > 0
                ? new AppliedProgress(slotLsn.get(), nextOffset, rows, transactions)
                : this;
    }
}
