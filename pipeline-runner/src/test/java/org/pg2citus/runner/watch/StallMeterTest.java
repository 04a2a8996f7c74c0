package org.pg2citus.runner.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.sink.change.Lsn;

class StallMeterTest {

    private final StallMeter meter = new StallMeter();

    private Duration at(int second, long source, long applied) {
        return meter.measure(
                second * 1_000L, new Lsn(source), new AppliedProgress(new Lsn(applied), OptionalLong.empty(), 0, 0));
    }

    @Test
    void progress_isNoStall() {
        for (int second = 0; second < 100; second++) {
            assertThat(at(second, 1_000, second)).isZero();
        }
    }

    @Test
    void nothingToApply_isNoStall() {
        for (int second = 0; second < 100; second++) {
            assertThat(at(second, 50, 50)).isZero();
        }
    }

    @Test
    void standingStillBehindTheSource_isMeasuredSinceTheLastProgress() {
        at(0, 10, 5);
        at(10, 20, 6);

        assertThat(at(15, 30, 6)).isEqualTo(Duration.ofSeconds(5));
        assertThat(at(70, 31, 6)).isEqualTo(Duration.ofSeconds(60));
        assertThat(at(71, 31, 7)).isZero();
    }

    @Test
    void restart_forgetsTheTimeBefore() {
        at(0, 10, 5);
        at(60, 10, 5);
        meter.restart();

        assertThat(at(61, 10, 5)).isZero();
        assertThat(at(63, 10, 5)).isEqualTo(Duration.ofSeconds(2));
    }
}
