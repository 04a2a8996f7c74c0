package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class BatchAgeTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final BatchAge age = new BatchAge(Duration.ofMillis(100));

    @Test
    void toWait_afterAPause_isNothing() {
        assertThat(age.toWait(NOW)).isZero();
        age.applied(NOW);
        assertThat(age.toWait(NOW.plusMillis(100))).isZero();
    }

    @Test
    void toWait_soonAfterABatchBegan_isTheRest() {
        age.applied(NOW);
        assertThat(age.toWait(NOW.plusMillis(30))).isBetween(Duration.ofMillis(70), Duration.ofMillis(71));
    }

    @Test
    void toWait_whenTheClockWasSetBack_isNotLonger() {
        age.applied(NOW);
        assertThat(age.toWait(NOW.minusSeconds(3600))).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void toWait_withoutAnAge_isNothing() {
        BatchAge none = new BatchAge(Duration.ZERO);
        none.applied(NOW);
        assertThat(none.toWait(NOW)).isZero();
    }
}
