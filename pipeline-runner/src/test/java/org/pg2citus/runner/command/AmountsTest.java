package org.pg2citus.runner.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AmountsTest {

    @Test
    void bytes_areInPowersOf1024() {
        assertThat(Amounts.bytes(0)).isEqualTo("0 B");
        assertThat(Amounts.bytes(1_023)).isEqualTo("1023 B");
        assertThat(Amounts.bytes(1_536)).isEqualTo("1.5 kB");
        assertThat(Amounts.bytes(5L << 40)).isEqualTo("5.0 TB");
    }

    @Test
    void times_haveTheUnitThatFits() {
        assertThat(Amounts.time(Duration.ofMillis(999))).isEqualTo("999 ms");
        assertThat(Amounts.time(Duration.ofMillis(12_340))).isEqualTo("12.3 s");
        assertThat(Amounts.time(Duration.ofSeconds(245))).isEqualTo("4 min 05 s");
        assertThat(Amounts.time(Duration.ofMinutes(200))).isEqualTo("3 h 20 min");
    }

    @Test
    void bar_staysWithinItsWidth() {
        assertThat(Amounts.bar(0.5, 4)).isEqualTo("[##..]");
        assertThat(Amounts.bar(7, 2)).isEqualTo("[##]");
        assertThat(Amounts.bar(-1, 2)).isEqualTo("[..]");
    }

    @Test
    void counts_areGrouped() {
        assertThat(Amounts.count(1_234_567)).isEqualTo("1,234,567");
    }
}
