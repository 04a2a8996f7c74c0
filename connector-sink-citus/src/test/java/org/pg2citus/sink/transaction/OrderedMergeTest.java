package org.pg2citus.sink.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.transaction.Events.begin;
import static org.pg2citus.sink.transaction.Events.change;
import static org.pg2citus.sink.transaction.Events.end;
import static org.pg2citus.sink.transaction.Events.snapshotRow;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

class OrderedMergeTest {

    private static final String TX = "app.transaction";

    private final Map<String, Long> offsets = new HashMap<>();
    private OrderedMerge merge = new OrderedMerge(3, 1_000_000, Lsn.ZERO);

    @Test
    void next_ofATransactionOverTwoTopics_isInItsOrder() {
        offer("b", change(7, 2, "2"), change(7, 3, "3"));
        offer(TX, begin(7), end(7, 100, 3));
        assertThat(drain()).containsExactly(begin(7));
        offer("a", change(7, 1, "1"));
        assertThat(drain()).containsExactly(change(7, 1, "1"), change(7, 2, "2"), change(7, 3, "3"), end(7, 100, 3));
        assertThat(merge.takeMoved()).isEqualTo(Map.of("a", 1L, "b", 2L, TX, 2L));
    }

    @Test
    void next_withoutTheEnd_isNothing() {
        offer(TX, begin(7));
        offer("a", change(7, 1, "1"));
        assertThat(drain()).isEmpty();
        assertThat(merge.current()).isEmpty();
    }

    @Test
    void next_ofLaterTransactions_waitsForEarlierOnes() {
        offer("a", change(8, 1, "8"));
        offer(TX, begin(7), end(7, 100, 1), begin(8), end(8, 200, 1));
        assertThat(drain()).containsExactly(begin(7));
        assertThat(merge.awaited()).hasValueSatisfying(text -> assertThat(text)
                .contains("event 1 of 1 of transaction 7", "0/64", "offset 1 of " + TX));
        offer("b", change(7, 1, "7"));
        assertThat(drain())
                .containsExactly(change(7, 1, "7"), end(7, 100, 1), begin(8), change(8, 1, "8"), end(8, 200, 1));
        assertThat(merge.awaited()).isEmpty();
    }

    @Test
    void next_ofAnEmptyTransaction_movesThePosition() {
        offer(TX, begin(7), end(7, 100, 0));
        assertThat(drain()).containsExactly(begin(7), end(7, 100, 0));
        assertThat(merge.takeMoved()).isEqualTo(Map.of(TX, 2L));
    }

    @Test
    void takeMoved_withEventsWaiting_staysBeforeThem() {
        offer("a", change(7, 1, "7"), change(8, 1, "8"));
        offer("b", change(8, 2, "8"));
        offer(TX, begin(7), end(7, 100, 1), begin(8));
        drain();
        assertThat(merge.takeMoved()).isEqualTo(Map.of("a", 1L, "b", 0L, TX, 2L));
    }

    @Test
    void repeatsOfFinishedTransactions_areDropped() {
        offer("a", change(7, 1, "7"));
        offer(TX, begin(7), end(7, 100, 1));
        drain();
        offer("a", change(7, 1, "7"), change(8, 1, "8"));
        offer(TX, begin(7), end(7, 100, 1), begin(8), end(8, 200, 1));
        assertThat(drain()).containsExactly(begin(8), change(8, 1, "8"), end(8, 200, 1));
    }

    @Test
    void repeatsAfterARestartOfTheSink_areDroppedOnceTheirEndIsKnown() {
        merge = new OrderedMerge(3, 1_000_000, new Lsn(100));
        offer("a", change(7, 1, "7"), change(7, 2, "7"));
        assertThat(merge.isFull("a")).isFalse();
        // A source that lost count says fewer events; they are applied all the same.
        offer(TX, begin(7), end(7, 100, 1));
        assertThat(drain()).isEmpty();
        assertThat(merge.waitingTopics()).isEmpty();
    }

    @Test
    void repeatsOfWhichNoEndComes_makeWayForTheAwaitedEvent() {
        merge = new OrderedMerge(3, 1_000_000, new Lsn(100));
        offer("a", change(7, 1, "7"), change(8, 1, "8"), change(9, 1, "9"));
        offer(TX, begin(9), end(9, 300, 1));
        assertThat(drain()).containsExactly(begin(9), change(9, 1, "9"), end(9, 300, 1));
        assertThat(merge.takeMoved()).isEqualTo(Map.of("a", 3L, TX, 2L));
    }

    @Test
    void eventAfterAnEarlierCommit_isDropped() {
        merge = new OrderedMerge(3, 1_000_000, new Lsn(100));
        merge.offer("a", 0, change(7, 1, "7"), Optional.of(new Lsn(99)));
        assertThat(merge.waitingTopics()).isEmpty();
        merge.offer("a", 1, change(8, 1, "8"), Optional.of(new Lsn(100)));
        assertThat(merge.waitingTopics()).containsExactly("a");
    }

    @Test
    void transactionThatASourceDidNotFinish_isTakenOnceFromBothOfItsCopies() {
        offer("a", change(7, 1, "7"), change(7, 1, "7"));
        offer("b", change(7, 2, "7"));
        offer(TX, begin(7), begin(7), end(7, 100, 2));
        assertThat(drain()).containsExactly(begin(7), change(7, 1, "7"), change(7, 2, "7"), end(7, 100, 2));
        assertThat(merge.takeMoved()).isEqualTo(Map.of("a", 2L, "b", 1L, TX, 3L));
    }

    @Test
    void sourceThatGoesOnInsideOfATransaction_sendsNoSecondBegin() {
        offer("a", change(7, 1, "7"), change(7, 2, "7"), change(7, 2, "7"), change(7, 3, "7"));
        offer(TX, begin(7), end(7, 100, 3));
        assertThat(drain())
                .containsExactly(begin(7), change(7, 1, "7"), change(7, 2, "7"), change(7, 3, "7"), end(7, 100, 3));
    }

    @Test
    void interruptedTransaction_thatComesAgainAfterEarlierOnes_isWhole() {
        offer("a", change(7, 1, "7"));
        offer(TX, begin(7), end(7, 100, 1), begin(8));
        drain();
        offer("a", change(8, 1, "8"), change(7, 1, "7"), change(8, 1, "8"));
        offer(TX, begin(7), end(7, 100, 1), begin(8), end(8, 200, 1));
        assertThat(drain()).containsExactly(begin(8), change(8, 1, "8"), end(8, 200, 1));
    }

    @Test
    void interruptedTransaction_thatNeverEnds_halts() {
        offer(TX, begin(7), begin(8));
        halts("TX006", () -> offer(TX, end(8, 200, 0)));
    }

    @Test
    void moreEventsThanTheEndCounts_halts() {
        offer("a", change(7, 1, "7"), change(7, 2, "7"));
        offer(TX, begin(7), end(7, 100, 1));
        halts("TX010", this::drain);
        merge = new OrderedMerge(3, 1_000_000, Lsn.ZERO);
        offer("a", change(7, 1, "7"));
        offer(TX, begin(7), end(7, 100, 1));
        drain();
        halts("TX010", () -> offer("a", change(7, 2, "7")));
    }

    @Test
    void snapshotRows_areHandedOutBeforeWhatFollowsThemInTheirTopic() {
        offer("a", snapshotRow("1", 5), snapshotRow("2", 5), change(7, 1, "7"), snapshotRow("3", 5));
        assertThat(drain()).containsExactly(snapshotRow("1", 5), snapshotRow("2", 5));
        assertThat(merge.takeMoved()).isEqualTo(Map.of("a", 2L));
        offer(TX, begin(7), end(7, 100, 1));
        assertThat(drain()).containsExactly(begin(7), change(7, 1, "7"), snapshotRow("3", 5), end(7, 100, 1));
        assertThat(merge.takeMoved()).isEqualTo(Map.of("a", 4L, TX, 2L));
    }

    @Test
    void snapshotRowBehindRepeats_isHandedOut() {
        merge = new OrderedMerge(9, 1_000_000, new Lsn(100));
        offer("a", change(7, 1, "7"), snapshotRow("1", 5), change(8, 1, "8"));
        offer(TX, begin(8), end(8, 200, 1));
        assertThat(drain()).containsExactly(begin(8), snapshotRow("1", 5), change(8, 1, "8"), end(8, 200, 1));
    }

    @Test
    void ignoredRecords_moveThePosition() {
        offer("a", new Event.Ignored(), change(7, 1, "7"), new Event.Ignored());
        offer(TX, begin(7), end(7, 100, 1));
        assertThat(drain()).containsExactly(begin(7), change(7, 1, "7"), end(7, 100, 1));
        assertThat(merge.takeMoved()).isEqualTo(Map.of("a", 3L, TX, 2L));
    }

    @Test
    void isFull_countsWhatWaits() {
        offer("a", change(7, 1, "7"), change(7, 2, "7"));
        assertThat(merge.isFull("a")).isFalse();
        offer("a", change(7, 3, "7"));
        assertThat(merge.isFull("a")).isTrue();
        assertThat(merge.isFull("b")).isFalse();
        offer(TX, end(7, 100, 3));
        assertThat(merge.isFull(TX)).isFalse();
        offer(TX, end(8, 200, 0), end(9, 300, 0));
        assertThat(merge.isFull(TX)).isTrue();
        drain();
        assertThat(merge.isFull("a")).isFalse();
        assertThat(merge.isFull(TX)).isFalse();
    }

    @Test
    void isFull_byBytes_isTrueOfEveryTopicThatWaits() {
        merge = new OrderedMerge(100, 1, Lsn.ZERO);
        offer("a", change(7, 1, "7"));
        offer("c", new Event.Ignored());
        assertThat(merge.isFull("a")).isTrue();
        assertThat(merge.isFull("b")).isFalse();
        assertThat(merge.isFull("c")).isFalse();
    }

    private void offer(String topic, Event... events) {
        for (Event event : events) {
            merge.offer(topic, offsets.merge(topic, 1L, Long::sum) - 1, event, Optional.empty());
        }
    }

    private List<Event> drain() {
        List<Event> events = new ArrayList<>();
        Optional<OrderedMerge.Ordered> next = merge.next();
        while (next.isPresent()) {
            events.add(next.get().event());
            next = merge.next();
        }
        return events;
    }

    private static void halts(String code, Runnable step) {
        assertThatThrownBy(step::run).isInstanceOf(HaltException.class).hasMessageStartingWith(code);
    }
}
