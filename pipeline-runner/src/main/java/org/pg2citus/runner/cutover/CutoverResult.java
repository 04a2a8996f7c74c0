package org.pg2citus.runner.cutover;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.sequence.SequenceStep;
import org.pg2citus.runner.verify.VerifyReport;
import org.pg2citus.sink.change.Lsn;

/**
 * What a cutover, or its rehearsal, came to.
 *
 * @param lsn every write to the tables committed before it, and is in the target
 * @param readOnly how long the source refused writes until the target was ready; of a rehearsal, how long it would have
 * @param verified empty when it was not to be verified
 */
public record CutoverResult(Lsn lsn, Duration readOnly, Optional<VerifyReport> verified, List<SequenceStep> sequences) {

    public CutoverResult {
        requireNonNull(lsn, "lsn is null");
        requireNonNull(readOnly, "readOnly is null");
        requireNonNull(verified, "verified is null");
        sequences = List.copyOf(sequences);
    }
}
