package org.pg2citus.source.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

final class RecordQueueTest {

    private static final List<SourceRecord> ONE = List.of(new SourceRecord(Map.of(), Map.of(), "t", 0, null, null));
    private static final List<SourceRecord> TWO = List.of(new SourceRecord(Map.of(), Map.of(), "t", 0, null, null));

    private final RecordQueue queue = new RecordQueue(10);

    @Test
    void batches_comeInOrder() throws InterruptedException {
        queue.offer(ONE, 4, 0);
        queue.offer(TWO, 4, 0);

        assertThat(queue.poll(0)).isSameAs(ONE);
        assertThat(queue.poll(0)).isSameAs(TWO);
        assertThat(queue.poll(0)).isEmpty();
    }

    @Test
    void fullQueue_takesNothingUntilSomethingIsPolled() throws InterruptedException {
        assertThat(queue.offer(ONE, 8, 0)).isTrue();
        assertThat(queue.offer(TWO, 8, 0)).isFalse();

        assertThat(queue.poll(0)).isSameAs(ONE);
        assertThat(queue.offer(TWO, 8, 0)).isTrue();
    }

    @Test
    void batchLargerThanTheQueue_isTakenWhenItIsAlone() throws InterruptedException {
        assertThat(queue.offer(ONE, 1_000, 0)).isTrue();
        assertThat(queue.offer(TWO, 1, 0)).isFalse();
    }

    @Test
    void closedQueue_takesEverythingAndGivesNothing() throws InterruptedException {
        queue.offer(ONE, 8, 0);
        queue.close();

        assertThat(queue.offer(TWO, 8, 60_000)).isTrue();
        assertThat(queue.poll(60_000)).isEmpty();
    }
}
