package org.pg2citus.runner.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TrendTest {

    private final Trend trend = new Trend();

    @Test
    void fewSeconds_sayNothing() {
        trend.measure(0, 0);
        trend.measure(4_000, 1_000_000);

        assertThat(trend.perSecond()).isEmpty();
        assertThat(trend.untilGrownBy(OptionalLong.of(10))).isEmpty();
    }

    @Test
    void growth_saysWhenTheRoomIsUsedUp() {
        for (int second = 0; second <= 60; second++) {
            trend.measure(second * 1_000L, second * 100L);
        }

        assertThat(trend.perSecond()).hasValue(100);
        assertThat(trend.untilGrownBy(OptionalLong.of(60_000))).contains(Duration.ofMinutes(10));
        assertThat(trend.untilGrownBy(OptionalLong.empty())).isEmpty();
        assertThat(trend.untilNothing()).isEmpty();
    }

    @Test
    void shrinking_saysWhenNothingIsLeft() {
        for (int second = 0; second <= 10; second++) {
            trend.measure(second * 1_000L, 1_000 - second * 50L);
        }

        assertThat(trend.untilNothing()).contains(Duration.ofSeconds(10));
        assertThat(trend.untilGrownBy(OptionalLong.of(60_000))).isEmpty();
    }

    @Test
    void whatWasLongAgo_isForgotten() {
        trend.measure(0, 0);
        trend.measure(1_000_000, 5_000);
        trend.measure(1_010_000, 5_000);

        assertThat(trend.perSecond()).hasValue(0);
    }
}
