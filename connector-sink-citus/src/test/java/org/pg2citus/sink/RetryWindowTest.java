package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.RetryLaterException;

class RetryWindowTest {

    private final ManualClock clock = new ManualClock();
    private final RetryWindow window = new RetryWindow(Duration.ofMinutes(1), clock);
    private final RetryLaterException failure = new RetryLaterException("connection refused", null);

    @Test
    void failed_again_doublesThePauseToALimit() {
        assertThat(window.failed(failure)).isEqualTo(Duration.ofMillis(500));
        assertThat(window.failed(failure)).isEqualTo(Duration.ofSeconds(1));
        for (int i = 0; i < 10; i++) {
            window.failed(failure);
        }
        assertThat(window.failed(failure)).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void failed_forTheWholeWindow_haltsAndSaysWhy() {
        window.failed(failure);
        clock.now = clock.now.plusSeconds(59);
        window.failed(failure);
        clock.now = clock.now.plusSeconds(1);
        assertThatThrownBy(() -> window.failed(failure))
                .isInstanceOf(HaltException.class)
                .hasMessageContaining("AP090")
                .hasMessageContaining("60 s")
                .hasMessageContaining("connection refused");
    }

    @Test
    void succeeded_startsTheWindowAnew() {
        window.failed(failure);
        clock.now = clock.now.plusSeconds(59);
        window.succeeded();
        clock.now = clock.now.plusSeconds(59);
        assertThat(window.failed(failure)).isEqualTo(Duration.ofMillis(500));
    }

    private static final class ManualClock extends Clock {
        private Instant now = Instant.EPOCH;

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
