package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class DeferredContextTest {

    private static final TopicPartition PARTITION = new TopicPartition(TopicScript.TOPIC, 0);

    private final DeferredContext wishes = new DeferredContext(Set.of(PARTITION));

    @Test
    void pauses_areAState_thatLastsOverCarryingOut() {
        wishes.pause(PARTITION);
        ScriptedContext context = new ScriptedContext(PARTITION);
        assertThat(wishes.carryOut(context)).isFalse();
        assertThat(context.isPaused()).isFalse();
        assertThat(wishes.paused()).containsExactly(PARTITION);
        wishes.resume(PARTITION);
        assertThat(wishes.paused()).isEmpty();
    }

    @Test
    void seeks_areCarriedOutOnce_andOnlyTheLast() {
        wishes.offset(PARTITION, 7);
        wishes.offset(Map.of(PARTITION, 9L));
        ScriptedContext context = new ScriptedContext(PARTITION);
        assertThat(context.rewound(PARTITION)).isEmpty();
        assertThat(wishes.carryOut(context)).isTrue();
        assertThat(context.rewound(PARTITION)).hasValue(9);
        ScriptedContext next = new ScriptedContext(PARTITION);
        assertThat(wishes.carryOut(next)).isFalse();
        assertThat(next.rewound(PARTITION)).isEmpty();
        assertThat(wishes.assignment()).containsExactly(PARTITION);
    }
}
