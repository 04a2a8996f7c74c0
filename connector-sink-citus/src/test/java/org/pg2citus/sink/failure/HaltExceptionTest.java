package org.pg2citus.sink.failure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HaltExceptionTest {

    private final Exception cause = new Exception("cause");
    private final HaltException halt = new HaltException("AP003", "an update hit nothing.", cause);

    @Test
    void failure_isNotOfTheData_untilSaid() {
        assertThat(halt.isOfTheData()).isFalse();
        assertThat(halt.ofTheData().isOfTheData()).isTrue();
        assertThat(halt.ofTheData().at("offset 7").isOfTheData()).isTrue();
    }

    @Test
    void place_isAppended_andTheRestKept() {
        HaltException placed = halt.at("LSN 0/10");
        assertThat(placed)
                .hasMessage("AP003: an update hit nothing. Where: LSN 0/10.")
                .hasCause(cause);
        assertThat(placed.code()).isEqualTo("AP003");
        assertThat(placed.getStackTrace()).isEqualTo(halt.getStackTrace());
    }

    @Test
    void codesOfApplying_areOfTheTarget_andTheOthersBeforeIt() {
        assertThat(halt.isBeforeTheTarget()).isFalse();
        assertThat(new HaltException("TX021", "t").isBeforeTheTarget()).isTrue();
        assertThat(new HaltException("DE001", "d").isBeforeTheTarget()).isTrue();
    }
}
