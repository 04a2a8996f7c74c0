package org.pg2citus.runner.sequence;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.check.Finding.Severity;
import org.pg2citus.runner.failure.ExitCode;

/**
 * Decides what a sequence of the target has to be set to, so that it never gives a value that the source gave.
 *
 * <p>It stays where it is if it is there already: running again changes nothing, and a target that has begun to give
 * values of its own is never set back.
 */
final class SequencePlan {

    /** From here on Citus workers mint values: {@code group id * 2^48 + 1}. */
    private static final BigInteger FIRST_OF_WORKERS = BigInteger.ONE.shiftLeft(48);

    private final long margin;
    private final boolean citus;

    /**
     * @param margin how many values the target leaves out behind the source's last one
     * @param citus the target is a Citus cluster
     */
    SequencePlan(long margin, boolean citus) {
        if (margin < 0) {
            throw new IllegalArgumentException("margin below 0: " + margin);
        }
        this.margin = margin;
        this.citus = citus;
    }

    SequenceStep step(Sequence source, Optional<Sequence> onTarget) {
        if (onTarget.isEmpty()) {
            return new SequenceStep(
                    source.id(),
                    Optional.empty(),
                    source.lastValue(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    List.of(missing(source)));
        }
        Sequence target = onTarget.get();
        List<Finding> findings = new ArrayList<>();
        if (target.increment() != source.increment()) {
            findings.add(finding(
                    Severity.WARNING,
                    "SQ003",
                    source,
                    "it counts by %d on the source and by %d on the target"
                            .formatted(source.increment(), target.increment()),
                    "if that is not meant: ALTER SEQUENCE %s INCREMENT BY %d; (on Citus before the table is distributed)"
                            .formatted(target.id().toSql(), source.increment())));
        }
        BigInteger wanted = wanted(source);
        OptionalLong next = OptionalLong.empty();
        if (isOutside(wanted, target)) {
            findings.add(outside(source, target, wanted));
        } else if (isBehind(source, target, wanted)) {
            next = OptionalLong.of(wanted.longValueExact());
        }
        if (citus) {
            workers(source, target, findings);
        }
        return new SequenceStep(
                source.id(),
                Optional.of(target.id()),
                source.lastValue(),
                OptionalLong.of(target.lastValue()),
                next,
                findings);
    }

    /**
     * What the target's next call is to give: the source's next value, {@code margin} values further. At the end of a
     * sequence that does not cycle the margin gives way; a used-up one stays used up.
     */
    private BigInteger wanted(Sequence source) {
        BigInteger next = source.next();
        if (!source.called()) {
            // Nothing was given yet, and nothing is lost: as on a new database.
            return next;
        }
        BigInteger increment = BigInteger.valueOf(source.increment());
        BigInteger steps = BigInteger.valueOf(margin);
        if (source.isAfter(next, source.end())) {
            if (!source.cycle()) {
                return next;
            }
            next = source.beginning();
        }
        BigInteger left = source.end().subtract(next).divide(increment);
        if (steps.compareTo(left) <= 0) {
            return next.add(steps.multiply(increment));
        }
        if (!source.cycle()) {
            return next.add(left.multiply(increment));
        }
        BigInteger round =
                source.end().subtract(source.beginning()).divide(increment).add(BigInteger.ONE);
        BigInteger around = steps.subtract(left).subtract(BigInteger.ONE).mod(round);
        return source.beginning().add(around.multiply(increment));
    }

    private static boolean isOutside(BigInteger wanted, Sequence target) {
        return wanted.compareTo(BigInteger.valueOf(target.min())) < 0
                || wanted.compareTo(BigInteger.valueOf(target.max())) > 0;
    }

    private static boolean isBehind(Sequence source, Sequence target, BigInteger wanted) {
        // Of two positions of a cycling sequence neither is later.
        return source.cycle() ? !target.next().equals(wanted) : source.isAfter(wanted, target.next());
    }

    private static Finding outside(Sequence source, Sequence target, BigInteger wanted) {
        if (!source.cycle() && source.called() && source.isAfter(source.next(), source.end())) {
            return finding(
                    Severity.ERROR,
                    "SQ006",
                    source,
                    "the sequence is used up: it gave %d, its last value".formatted(source.lastValue()),
                    "give its column a wider type on both sides, and the sequence another limit: ALTER SEQUENCE %s AS"
                                    .formatted(source.id().toSql())
                            + " bigint MAXVALUE ...; then run this again");
        }
        return finding(
                Severity.ERROR,
                "SQ002",
                source,
                "the target's sequence %s goes from %d to %d (%s) and cannot be set to %s"
                        .formatted(target.id(), target.min(), target.max(), target.type(), wanted),
                "create it with the limits of the source (AS %s MINVALUE %d MAXVALUE %d); on Citus before the table is"
                                .formatted(source.type(), source.min(), source.max())
                        + " distributed");
    }

    private static void workers(Sequence source, Sequence target, List<Finding> findings) {
        if (!target.type().equals("bigint")) {
            findings.add(finding(
                    Severity.WARNING,
                    "SQ004",
                    source,
                    "it is %s: Citus workers cannot give values of it".formatted(target.type()),
                    "insert through the coordinator only, or make column and sequence bigint on the target before the"
                            + " table is distributed"));
        } else if (source.ascending() && source.next().compareTo(FIRST_OF_WORKERS) > 0) {
            findings.add(finding(
                    Severity.WARNING,
                    "SQ005",
                    source,
                    "it is at %d: Citus workers mint values from 2^48 on, and may meet those of the source"
                            .formatted(source.lastValue()),
                    "insert through the coordinator only, where the sequence goes on behind the source's last value"));
        }
    }

    private static Finding missing(Sequence source) {
        return finding(
                source.owner().isPresent() ? Severity.ERROR : Severity.WARNING,
                "SQ001",
                source,
                source.owner()
                        .map(owner -> "column %s has no sequence on the target".formatted(owner))
                        .orElse("it does not exist on the target"),
                "create it there as on the source: CREATE SEQUENCE %s AS %s INCREMENT BY %d MINVALUE %d MAXVALUE %d%s;"
                                .formatted(
                                        source.id().toSql(),
                                        source.type(),
                                        source.increment(),
                                        source.min(),
                                        source.max(),
                                        source.cycle() ? " CYCLE" : "")
                        + source.owner()
                                .map(owner -> " and make it the default of " + owner)
                                .orElse(""));
    }

    private static Finding finding(Severity severity, String code, Sequence about, String message, String remedy) {
        return new Finding(code, severity, "sequence " + about.id(), message, remedy, ExitCode.FINDINGS);
    }
}
