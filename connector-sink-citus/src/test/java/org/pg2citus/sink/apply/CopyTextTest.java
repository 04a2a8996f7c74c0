package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CopyTextTest {

    private static String text(String value) {
        StringBuilder line = new StringBuilder();
        CopyText.append(line, value);
        return line.toString();
    }

    @Test
    void whatWouldEndAValueOrARow_isEscaped() {
        assertThat(text("a\tb\nc\rd\\e")).isEqualTo("a\\tb\\nc\\rd\\\\e");
    }

    @Test
    void nullAndItsLookAlike_differ() {
        assertThat(text(null)).isEqualTo("\\N");
        assertThat(text("\\N")).isEqualTo("\\\\N");
        assertThat(text("")).isEmpty();
    }

    @Test
    void endOfDataMark_isEscaped() {
        assertThat(text("\\.")).isEqualTo("\\\\.");
    }
}
