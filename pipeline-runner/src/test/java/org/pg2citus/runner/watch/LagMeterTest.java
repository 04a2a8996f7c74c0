package org.pg2citus.runner.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.event.Lag;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.sink.change.Lsn;

class LagMeterTest {

    private final LagMeter meter = new LagMeter();

    private Lag measure(long seconds, long sourceLsn, long appliedLsn, long transactions) {
        return meter.measure(
                1_000 * seconds,
                new Lsn(sourceLsn),
                new AppliedProgress(new Lsn(appliedLsn), OptionalLong.empty(), 10 * transactions, transactions),
                77);
    }

    @Test
    void targetAtSource_hasNoLag() {
        Lag lag = measure(1, 100, 100, 0);

        assertThat(lag.lagBytes()).isZero();
        assertThat(lag.lagMs()).contains(0L);
        assertThat(lag.retainedWalBytes()).isEqualTo(77);
    }

    @Test
    void targetAheadOfTheReading_hasNoLag() {
        assertThat(measure(1, 100, 150, 0).lagBytes()).isZero();
    }

    @Test
    void lagInTime_isTheAgeOfWhatIsAppliedLast() {
        measure(1, 100, 100, 0);
        measure(2, 200, 100, 0);
        measure(3, 300, 100, 0);
        assertThat(measure(4, 400, 100, 0).lagMs()).contains(3_000L);

        // It applies what was written in second 3.
        Lag lag = measure(5, 500, 300, 0);

        assertThat(lag.lagMs()).contains(2_000L);
        assertThat(lag.lagBytes()).isEqualTo(200);
    }

    @Test
    void lagInTime_isUnknownUntilSomethingSeenIsApplied() {
        assertThat(measure(1, 1_000, 100, 0).lagMs()).isEmpty();
        assertThat(measure(2, 2_000, 500, 0).lagMs()).isEmpty();
        assertThat(measure(3, 3_000, 1_000, 0).lagMs()).contains(2_000L);
    }

    @Test
    void rates_areThoseSinceTheLastMeasurement() {
        assertThat(measure(1, 100, 50, 1_000).transactionsPerSecond()).isZero();

        Lag lag = measure(3, 100, 60, 1_500);

        assertThat(lag.transactionsPerSecond()).isCloseTo(250, within(0.01));
        assertThat(lag.rowsPerSecond()).isCloseTo(2_500, within(0.01));
    }

    @Test
    void longLag_isMeasuredWithinBoundedMemory() {
        for (int second = 1; second <= 5_000; second++) {
            measure(second, 100L * second, 100, 0);
        }

        // The hour that is remembered does not reach back to what is applied.
        assertThat(measure(5_001, 500_100, 100, 0).lagMs()).isEmpty();
    }
}
