package org.pg2citus.runner.sequence;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.sink.change.TableId;

class SequencePlanTest {

    private static final TableId ID = new TableId("public", "orders_id_seq");

    private static Sequence bigint(long last, boolean called) {
        return new Sequence(ID, Optional.empty(), "bigint", 1, 1, Long.MAX_VALUE, false, last, called);
    }

    private static Sequence integer(long last, boolean called) {
        return new Sequence(ID, Optional.empty(), "integer", 1, 1, Integer.MAX_VALUE, false, last, called);
    }

    private static Sequence of(long increment, long min, long max, boolean cycle, long last, boolean called) {
        return new Sequence(ID, Optional.empty(), "bigint", increment, min, max, cycle, last, called);
    }

    private static SequenceStep step(long margin, Sequence source, Sequence target) {
        return new SequencePlan(margin, false).step(source, Optional.of(target));
    }

    @Test
    void usedSequence_goesOnBehindTheMargin() {
        assertThat(step(1_000, bigint(41, true), bigint(1, false)).nextValue()).hasValue(1_042);
    }

    @Test
    void noMargin_goesOnWithTheNextValue() {
        assertThat(step(0, bigint(41, true), bigint(1, false)).nextValue()).hasValue(42);
    }

    @Test
    void unusedSequence_staysUnused() {
        assertThat(step(1_000, bigint(1, false), bigint(1, false)).nextValue()).isEmpty();
    }

    @Test
    void unusedSequenceWithAnotherStart_isSetToIt() {
        assertThat(step(1_000, bigint(500, false), bigint(1, false)).nextValue())
                .hasValue(500);
    }

    @Test
    void targetThatIsFurther_isNeverSetBack() {
        assertThat(step(1_000, bigint(41, true), bigint(5_000, true)).nextValue())
                .isEmpty();
    }

    @Test
    void secondRun_changesNothing() {
        long next = step(1_000, bigint(41, true), bigint(1, false)).nextValue().getAsLong();

        assertThat(step(1_000, bigint(41, true), bigint(next, false)).nextValue())
                .isEmpty();
    }

    @Test
    void targetInsideTheMargin_isBroughtBehindIt() {
        assertThat(step(1_000, bigint(41, true), bigint(100, true)).nextValue()).hasValue(1_042);
    }

    @Test
    void descendingSequence_goesDown() {
        Sequence source = of(-10, -1_000_000, -1, false, -201, true);

        assertThat(step(3, source, of(-10, -1_000_000, -1, false, -1, false)).nextValue())
                .hasValue(-241);
        assertThat(step(3, source, of(-10, -1_000_000, -1, false, -900, true)).nextValue())
                .isEmpty();
    }

    @Test
    void marginBeyondTheEnd_givesWay() {
        assertThat(step(1_000, of(1, 1, 100, false, 95, true), of(1, 1, 100, false, 1, false))
                        .nextValue())
                .hasValue(100);
    }

    @Test
    void marginBeyondTheEnd_keepsTheRasterOfTheIncrement() {
        assertThat(step(1_000, of(7, 1, 100, false, 71, true), of(7, 1, 100, false, 1, false))
                        .nextValue())
                .hasValue(99);
    }

    @Test
    void usedUpSequence_isRefused() {
        SequenceStep step = step(10, integer(Integer.MAX_VALUE, true), integer(1, false));

        assertThat(step.isRefused()).isTrue();
        assertThat(step.nextValue()).isEmpty();
        assertThat(step.findings()).extracting(Finding::code).containsExactly("SQ006");
    }

    @Test
    void usedUpBigint_doesNotOverflow() {
        SequenceStep step = step(10, bigint(Long.MAX_VALUE, true), bigint(1, false));

        assertThat(step.findings()).extracting(Finding::code).containsExactly("SQ006");
    }

    @Test
    void marginOfTheGreatestSize_doesNotOverflow() {
        assertThat(step(Long.MAX_VALUE, bigint(41, true), bigint(1, false)).nextValue())
                .hasValue(Long.MAX_VALUE);
    }

    @Test
    void cyclingSequence_goesAround() {
        assertThat(step(10, of(1, 1, 100, true, 95, true), of(1, 1, 100, true, 1, false))
                        .nextValue())
                .as("96 to 100 are five, then 1 to 5, then 6")
                .hasValue(6);
        assertThat(step(0, of(1, 1, 100, true, 100, true), of(1, 1, 100, true, 50, true))
                        .nextValue())
                .hasValue(1);
    }

    @Test
    void narrowerTarget_isRefused() {
        SequenceStep step = step(1_000, bigint(3_000_000_000L, true), integer(1, false));

        assertThat(step.isRefused()).isTrue();
        assertThat(step.findings()).extracting(Finding::code).containsExactly("SQ002");
        assertThat(step.findings().get(0).remedy()).contains("AS bigint");
    }

    @Test
    void otherIncrement_isToldAndSetAllTheSame() {
        SequenceStep step = step(0, of(2, 1, 100, false, 11, true), of(1, 1, 100, false, 1, false));

        assertThat(step.nextValue()).hasValue(13);
        assertThat(step.findings()).extracting(Finding::code).containsExactly("SQ003");
        assertThat(step.isRefused()).isFalse();
    }

    @Test
    void missingSequence_isAnErrorOnlyWhereAColumnNeedsIt() {
        Sequence owned = new Sequence(
                ID,
                Optional.of(new Sequence.Owner(new TableId("public", "orders"), "id")),
                "bigint",
                1,
                1,
                Long.MAX_VALUE,
                false,
                5,
                true);

        assertThat(new SequencePlan(0, false).step(owned, Optional.empty()).isRefused())
                .isTrue();
        assertThat(new SequencePlan(0, false)
                        .step(bigint(5, true), Optional.empty())
                        .isRefused())
                .isFalse();
    }

    @Test
    void onCitus_workersLimitsAreTold() {
        SequencePlan citus = new SequencePlan(0, true);

        assertThat(codes(citus.step(integer(5, true), Optional.of(integer(1, false)))))
                .containsExactly("SQ004");
        assertThat(codes(citus.step(bigint(5, true), Optional.of(bigint(1, false)))))
                .isEmpty();
        assertThat(codes(citus.step(bigint(1L << 48, true), Optional.of(bigint(1, false)))))
                .containsExactly("SQ005");
        assertThat(codes(citus.step(bigint((1L << 48) - 1, true), Optional.of(bigint(1, false)))))
                .as("2^48 itself is no worker's")
                .isEmpty();
    }

    private static List<String> codes(SequenceStep step) {
        return step.findings().stream().map(Finding::code).toList();
    }

    /** A sequence is played forward step by step; what the plan says must be where {@code margin} more calls lead. */
    @Test
    void anySequence_isWhereThatManyMoreCallsLead() {
        Random random = new Random(42);
        for (int history = 0; history < 20_000; history++) {
            long increment = (1L + random.nextInt(5)) * (random.nextBoolean() ? 1 : -1);
            long min = random.nextInt(50) - 25L;
            long max = min + random.nextInt(60);
            boolean cycle = random.nextBoolean();
            Player played = new Player(increment, min, max, cycle);
            int calls = random.nextInt(40);
            for (int i = 0; i < calls; i++) {
                played.call();
            }
            Sequence source = played.sequence();
            long margin = random.nextInt(30);
            Sequence target = of(increment, min, max, cycle, increment > 0 ? min : max, false);

            SequenceStep step = step(margin, source, target);

            if (!cycle && source.called() && source.isAfter(source.next(), source.end())) {
                assertThat(step.isRefused()).as("%s", source).isTrue();
                continue;
            }
            OptionalLong expected = played.after(source.called() ? margin : 0);
            long unused = increment > 0 ? min : max;
            assertThat(step.nextValue().orElse(unused))
                    .as("%s, margin %d", source, margin)
                    .isEqualTo(expected.getAsLong());
        }
    }

    /** The sequence as PostgreSQL has it, one call after the other. */
    private static final class Player {
        private final long increment;
        private final long min;
        private final long max;
        private final boolean cycle;
        private long last;
        private boolean called;

        Player(long increment, long min, long max, boolean cycle) {
            this.increment = increment;
            this.min = min;
            this.max = max;
            this.cycle = cycle;
            this.last = increment > 0 ? min : max;
        }

        /** Empty when it is used up. */
        OptionalLong call() {
            if (!called) {
                called = true;
                return OptionalLong.of(last);
            }
            long next = last + increment;
            if (next > max || next < min) {
                if (!cycle) {
                    return OptionalLong.empty();
                }
                next = increment > 0 ? min : max;
            }
            last = next;
            return OptionalLong.of(next);
        }

        /** What the call after {@code margin} others gives; of a used-up one, what the last possible call gives. */
        OptionalLong after(long margin) {
            Player copy = new Player(increment, min, max, cycle);
            copy.last = last;
            copy.called = called;
            OptionalLong given = copy.call();
            for (long i = 0; i < margin; i++) {
                OptionalLong next = copy.call();
                given = next.isPresent() ? next : given;
            }
            return given;
        }

        Sequence sequence() {
            return of(increment, min, max, cycle, last, called);
        }
    }

    @Test
    void next_liesBeyondSixtyFourBitsWhereItMust() {
        assertThat(bigint(Long.MAX_VALUE, true).next()).isEqualTo(BigInteger.ONE.shiftLeft(63));
    }
}
