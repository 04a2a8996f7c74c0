package org.pg2citus.sink.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LsnTest {

    @Test
    void parse_ofWhatToStringPrints_isTheSamePosition() {
        for (long value : new long[] {0, 1, 0xFFFFFFFFL, 0x16B374D848L, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            Lsn lsn = new Lsn(value);
            assertThat(Lsn.parse(lsn.toString())).isEqualTo(lsn);
        }
        assertThat(Lsn.parse("16/B374D848")).hasToString("16/B374D848");
    }

    @Test
    void parse_ofOtherText_throws() {
        for (String text :
                new String[] {"", "/", "1", "1/", "/1", "123456789/1", "1/123456789", "g/1", "1/-1", "1/1/1"}) {
            assertThatThrownBy(() -> Lsn.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void compareTo_takesPositionsAsUnsigned() {
        assertThat(new Lsn(-1)).isGreaterThan(new Lsn(Long.MAX_VALUE));
        assertThat(Lsn.parse("1/0")).isGreaterThan(Lsn.parse("0/FFFFFFFF"));
    }
}
