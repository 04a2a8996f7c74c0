package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.failure.HaltException;

class OffsetSequenceTest {

    private static final TopicPartition PARTITION = new TopicPartition("stream", 0);

    @Test
    void accept_inOrder_takesEachOnce() {
        OffsetSequence sequence = new OffsetSequence(PARTITION, 5, 0);
        assertThat(sequence.accept(4)).isFalse();
        assertThat(sequence.accept(5)).isTrue();
        assertThat(sequence.accept(5)).isFalse();
        assertThat(sequence.accept(6)).isTrue();
    }

    @Test
    void accept_beyondAGap_halts() {
        OffsetSequence sequence = new OffsetSequence(PARTITION, 5, 0);
        assertThatThrownBy(() -> sequence.accept(7))
                .isInstanceOf(HaltException.class)
                .hasMessageContaining("TK001")
                .hasMessageContaining("records 5 to 6 of stream-0");
    }

    @Test
    void accept_withinTheAllowedGap_goesOn() {
        OffsetSequence sequence = new OffsetSequence(PARTITION, 5, 2);
        assertThat(sequence.accept(7)).isTrue();
        assertThatThrownBy(() -> sequence.accept(11)).isInstanceOf(HaltException.class);
    }

    @Test
    void restartAt_takesEarlierRecordsAgain() {
        OffsetSequence sequence = new OffsetSequence(PARTITION, 5, 0);
        assertThat(sequence.accept(5)).isTrue();
        sequence.restartAt(2);
        assertThat(sequence.accept(2)).isTrue();
    }
}
