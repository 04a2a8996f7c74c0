package org.pg2citus.sink.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;

class ProgressTest {

    private static final Progress START =
            new Progress(new Lsn(10), OptionalLong.empty(), Optional.of(new Lsn(5)), Optional.of(new Lsn(99)), 100, 7);

    @Test
    void after_addsUp_andKeepsWhatOthersAskFor() {
        assertThat(START.after(new Lsn(20), 300, 8, 2))
                .isEqualTo(new Progress(
                        new Lsn(20), OptionalLong.of(300), Optional.of(new Lsn(5)), Optional.of(new Lsn(99)), 108, 9));
    }

    @Test
    void after_anEarlierPosition_throws() {
        Lsn earlier = new Lsn(9);
        assertThatThrownBy(() -> START.after(earlier, 1, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("applied LSN would go back from 0/A to 0/9");
    }

    @Test
    void samePoint_doesNotDependOnWhatOthersAskFor() {
        Progress next = START.after(new Lsn(20), 300, 8, 2);
        assertThat(next.isSamePoint(next.holdingAt(Optional.empty()).seenUpTo(new Lsn(50))))
                .isTrue();
        assertThat(next.isSamePoint(START)).isFalse();
        // Rows of Debezium's snapshot move the offset only.
        assertThat(next.isSamePoint(next.after(new Lsn(20), 301, 0, 0))).isFalse();
    }
}
