package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.batch.PendingBatch;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.decode.RecordDecoder;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.progress.Progress;
import org.pg2citus.sink.transaction.Assembled;
import org.pg2citus.sink.transaction.OrderedMerge.Ordered;

class TopicPerTableTest {

    private static final TopicPartition TRANSACTIONS = new TopicPartition("app.transaction", 0);
    private static final TopicPartition A = new TopicPartition("app.public.a", 0);
    private static final TopicPartition B = new TopicPartition("app.public.b", 0);
    private static final Progress NOTHING =
            new Progress(Lsn.ZERO, OptionalLong.empty(), Optional.empty(), Optional.empty(), 0, 0);

    private final SteppedClock clock = new SteppedClock();
    private final TopicScript topics = TopicScript.perTable();
    private final RecordDecoder decoder = RecordDecoder.ofTextSource();
    private final ScriptedContext context = new ScriptedContext(A, B, TRANSACTIONS);
    private TopicPerTable intake;

    @BeforeEach
    void openIntake() {
        CitusSinkConfig config = new CitusSinkConfig(Map.of(
                CitusSinkConfig.CONNECTION_URL, "jdbc:postgresql://localhost/app",
                CitusSinkConfig.CONNECTION_USER, "app",
                CitusSinkConfig.TOPIC_LAYOUT, CitusSinkConfig.PER_TABLE,
                CitusSinkConfig.TRANSACTION_TOPIC, TRANSACTIONS.topic(),
                CitusSinkConfig.QUEUE_MAX_EVENTS, "3",
                CitusSinkConfig.TRANSACTION_WAIT_TIMEOUT_MS, "600000"));
        intake = new TopicPerTable(config, context, List.of(A, B, TRANSACTIONS), clock);
        intake.rewind(NOTHING);
    }

    @Test
    void committedTransaction_thatWaitsTooLong_halts() {
        topics.begin()
                .insert("a", "id", "id", 1)
                .insert("b", "id", "id", 1)
                .insert("b", "id", "id", 2)
                .end();
        read(TRANSACTIONS, 0, 9);
        read(A, 0, 9);
        assertThat(intake.isAwaiting()).isTrue();
        clock.step(Duration.ofSeconds(599));
        intake.delivered();
        // What comes in between starts the wait anew.
        read(B, 0, 1);
        assertThat(intake.isAwaiting()).isTrue();
        clock.step(Duration.ofSeconds(599));
        intake.delivered();
        clock.step(Duration.ofSeconds(1));
        assertThatThrownBy(intake::delivered)
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("TX011")
                .hasMessageContaining("for 600 s nothing brought event 3 of 3 of transaction 1")
                .hasMessageContaining("[app.public.a, app.public.b, app.transaction]");
    }

    @Test
    void transactionThatDidNotEnd_mayTakeItsTime() {
        topics.begin().insert("a", "id", "id", 1);
        read(TRANSACTIONS, 0, 9);
        read(A, 0, 9);
        clock.step(Duration.ofDays(1));
        intake.delivered();
        assertThat(intake.isAwaiting()).isFalse();
    }

    @Test
    void rewind_startsTheWaitAnew() {
        topics.begin().insert("a", "id", "id", 1).end();
        read(TRANSACTIONS, 0, 9);
        clock.step(Duration.ofSeconds(599));
        intake.delivered();
        intake.rewind(NOTHING);
        read(TRANSACTIONS, 0, 9);
        clock.step(Duration.ofSeconds(599));
        intake.delivered();
        assertThat(intake.isAwaiting()).isTrue();
    }

    @Test
    void fullTopic_isPausedUntilItsEventsAreTaken() {
        topics.begin()
                .insert("b", "id", "id", 1)
                .insert("a", "id", "id", 1)
                .insert("a", "id", "id", 2)
                .insert("a", "id", "id", 3)
                .end();
        read(A, 0, 9);
        assertThat(context.pausedNow()).containsExactly(A);
        read(TRANSACTIONS, 0, 9);
        assertThat(context.pausedNow()).containsExactly(A);
        assertThat(read(B, 0, 9)).hasSize(5);
        assertThat(context.pausedNow()).isEmpty();
    }

    @Test
    void hold_keepsAllPausedUntilItIsLifted() {
        intake.pause();
        intake.rewind(NOTHING);
        assertThat(context.isPaused()).isTrue();
        intake.resume();
        assertThat(context.pausedNow()).isEmpty();
    }

    @Test
    void place_namesEachTopicThatMoved() {
        Progress durable =
                NOTHING.after(Lsn.ZERO, Map.of(A.topic(), 4L, B.topic(), 7L, TRANSACTIONS.topic(), 2L), 0, 0);
        PendingBatch pending = new PendingBatch();
        assertThat(intake.place(durable, pending)).isEqualTo("topic app.transaction-0, offset 2");
        pending.moveTo(Map.of(A.topic(), 6L, B.topic(), 7L, TRANSACTIONS.topic(), 4L));
        assertThat(intake.place(durable, pending))
                .isEqualTo("topic app.public.a-0, offsets 4 to 5; topic app.transaction-0, offsets 2 to 3");
        assertThat(intake.place(new Assembled.TooLarge(7, new Lsn(9), 3, 3, 100)))
                .isEqualTo("its END is at offset 3 of topic app.transaction-0");
        assertThat(intake.position(durable)).isEqualTo(2);
    }

    @Test
    void compactRecord_isRefused() {
        SinkRecord record = new SinkRecord(A.topic(), 0, null, null, null, new byte[] {1}, 5);
        assertThatThrownBy(() -> intake.offer(record, List.of()))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("CF005")
                .hasMessageContaining("record 5 of app.public.a-0");
    }

    /** One delivery. */
    private List<Ordered> read(TopicPartition partition, long from, int limit) {
        List<Ordered> handedOut = new ArrayList<>();
        for (SinkRecord record : topics.from(partition.topic(), from, limit)) {
            assertThat(intake.expects(record)).isTrue();
            intake.offer(record, decoder.decode(record));
            for (Optional<Ordered> next = intake.next(); next.isPresent(); next = intake.next()) {
                handedOut.add(next.get());
            }
        }
        intake.delivered();
        return handedOut;
    }

    private static final class SteppedClock extends Clock {

        private Instant now = Instant.EPOCH;

        void step(Duration duration) {
            now = now.plus(duration);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
