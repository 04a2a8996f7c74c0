package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ArrayTextTest {

    @Test
    void elements_areQuoted_andNullIsNot() {
        assertThat(new ArrayText()
                        .add("a\"b\\c,{}")
                        .add(null)
                        .add("NULL")
                        .add("")
                        .toString())
                .isEqualTo("{\"a\\\"b\\\\c,{}\",NULL,\"NULL\",\"\"}");
    }

    @Test
    void noElements_areTheEmptyArray() {
        assertThat(new ArrayText().toString()).isEqualTo("{}");
    }
}
