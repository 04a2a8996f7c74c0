package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TrimPointTest {

    private static final long MARGIN_MS = 60_000;

    private final TrimPoint point = new TrimPoint(Duration.ofMillis(MARGIN_MS));

    @Test
    void offset_isFreeWhenItHasBeenDurableForTheMargin() {
        assertThat(point.next(0, 10)).isEmpty();
        assertThat(point.next(30_000, 20)).isEmpty();
        assertThat(point.next(60_000, 30)).hasValue(10);
        assertThat(point.next(70_000, 30)).isEmpty();
        assertThat(point.next(95_000, 30)).hasValue(20);
        assertThat(point.next(120_000, 30)).hasValue(30);
        assertThat(point.next(900_000, 30)).isEmpty();
    }

    @Test
    void progressThatWentBack_isNotTrimmedBeyond() {
        point.next(0, 10);
        point.next(10_000, 50);
        assertThat(point.next(20_000, 20)).isEmpty();
        assertThat(point.next(75_000, 20)).hasValue(10);
        assertThat(point.next(85_000, 20)).hasValue(20);
    }

    @Test
    void nothingApplied_trimsNothing() {
        assertThat(point.next(0, 0)).isEmpty();
        assertThat(point.next(900_000, 0)).isEmpty();
    }

    @Test
    void whateverTheProgress_onlyWhatWasDurableThroughoutTheMarginGoes() {
        var random = new Random(1);
        long[] offsets = new long[5_000];
        long offset = 0;
        long trimmed = 0;
        for (int second = 0; second < offsets.length; second++) {
            offset = random.nextInt(100) == 0 ? Math.max(trimmed, offset - 500) : offset + random.nextInt(20);
            offsets[second] = offset;
            trimmed = Math.max(trimmed, point.next(second * 1_000L, offset).orElse(0));
            for (int back = 0; back <= Math.min(second, MARGIN_MS / 1_000); back++) {
                if (second >= MARGIN_MS / 1_000) {
                    assertThat(trimmed).isLessThanOrEqualTo(offsets[second - back]);
                }
            }
        }
        assertThat(trimmed).isGreaterThan(offset / 2);
    }
}
