package org.pg2citus.sink.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class RateTest {

    private final SteppedClock clock = new SteppedClock();
    private final Rate rate = new Rate(clock);

    @Test
    void beforeTheFirstSecondIsOver_isZero() {
        rate.add(100);
        assertThat(rate.perSecond()).isZero();
    }

    @Test
    void secondUnderWay_isLeftOut() {
        rate.add(100);
        clock.seconds++;
        rate.add(900);
        assertThat(rate.perSecond()).isEqualTo(100);
        clock.seconds++;
        assertThat(rate.perSecond()).isEqualTo(500);
    }

    @Test
    void window_forgetsWhatIsOlder() {
        for (int second = 0; second < 100; second++) {
            rate.add(second);
            clock.seconds++;
        }
        assertThat(rate.perSecond()).isEqualTo((90 + 99) / 2.0);
        clock.seconds += 5;
        assertThat(rate.perSecond()).isEqualTo((95 + 96 + 97 + 98 + 99) / 10.0);
        clock.seconds += Rate.WINDOW_SECONDS;
        assertThat(rate.perSecond()).isZero();
    }

    private static final class SteppedClock extends Clock {
        private long seconds = 1_000_000;

        @Override
        public Instant instant() {
            return Instant.ofEpochSecond(seconds);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
