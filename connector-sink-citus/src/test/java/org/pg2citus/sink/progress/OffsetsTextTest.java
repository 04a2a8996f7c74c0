package org.pg2citus.sink.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class OffsetsTextTest {

    @Test
    void parse_ofWhatWasWritten_isTheSame() {
        Map<String, Long> offsets = Map.of("app.public.t", 0L, "app.transaction", 123_456_789_012L, "a-b_C", 7L);
        assertThat(OffsetsText.parse(OffsetsText.of(offsets))).isEqualTo(offsets);
        assertThat(OffsetsText.parse("{}")).isEmpty();
        assertThat(OffsetsText.parse(null)).isEmpty();
    }

    @Test
    void parse_ofAnythingElse_fails() {
        for (String text : new String[] {"", "[]", "{\"a\": -1}", "{\"a\": \"b\"}", "{\"a\": 1.5}", "{\"a b\": 1}"}) {
            assertThatThrownBy(() -> OffsetsText.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
