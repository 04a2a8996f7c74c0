package org.pg2citus.runner.sequence;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.sink.change.TableId;

/**
 * What is to be done with one sequence.
 *
 * @param source its name on the source
 * @param target its name on the target, which differs where the owning column's sequence was named otherwise; empty when
 *     it does not exist there
 * @param sourceValue the value that the source gave last; before the first, the value to be given first
 * @param targetValue the same of the target, before this step; empty when it does not exist there
 * @param nextValue what the target's next call is to give; empty when the target stays as it is
 * @param findings what people should know, or have to mend
 */
public record SequenceStep(
        TableId source,
        Optional<TableId> target,
        long sourceValue,
        OptionalLong targetValue,
        OptionalLong nextValue,
        List<Finding> findings) {

    public SequenceStep {
        requireNonNull(source, "source is null");
        requireNonNull(target, "target is null");
        requireNonNull(targetValue, "targetValue is null");
        requireNonNull(nextValue, "nextValue is null");
        findings = List.copyOf(findings);
    }

    /** True when the sequence cannot be made right. */
    public boolean isRefused() {
        return findings.stream().anyMatch(Finding::isError);
    }
}
