package org.pg2citus.sink.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pg2citus.sink.transaction.Events.TABLE;
import static org.pg2citus.sink.transaction.Events.begin;
import static org.pg2citus.sink.transaction.Events.change;
import static org.pg2citus.sink.transaction.Events.end;
import static org.pg2citus.sink.transaction.Events.insert;
import static org.pg2citus.sink.transaction.Events.key;
import static org.pg2citus.sink.transaction.Events.keyFrom;
import static org.pg2citus.sink.transaction.Events.keyTo;
import static org.pg2citus.sink.transaction.Events.row;
import static org.pg2citus.sink.transaction.Events.snapshotRow;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.SourceTransaction;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

class TransactionAssemblerTest {

    private static final Event WATERMARK = new Event.Watermark(new Lsn(55));

    private final TransactionAssembler assembler = new TransactionAssembler(3, 1 << 20, Lsn.ZERO);
    private long offset = 10;

    @Test
    void wholeTransaction_isHandedOutAtItsEnd() {
        assertThat(accept(begin(7))).isEmpty();
        assertThat(accept(change(7, 1, "1"))).isEmpty();
        assertThat(accept(change(7, 2, "2"))).isEmpty();
        assertThat(accept(end(7, 100, 2))).contains(whole(7, 100, 13, insert("1"), insert("2")));
    }

    @Test
    void joinedChange_takesItsPlaceBetweenTheEvents_andDoesNotCount() {
        assertThat(assembler.isBetweenTransactions()).isTrue();
        assertThatThrownBy(() -> assembler.join(insert("0"))).isInstanceOf(IllegalStateException.class);
        accept(begin(7));
        accept(change(7, 1, "1"));
        assertThat(assembler.isBetweenTransactions()).isFalse();
        assembler.join(insert("joined"));
        accept(change(7, 2, "2"));
        assertThat(accept(end(7, 100, 2))).contains(whole(7, 100, 13, insert("1"), insert("joined"), insert("2")));
    }

    @Test
    void joinedChanges_countForTheLimitOfMemory() {
        accept(begin(7));
        accept(change(7, 1, "1"));
        for (int i = 0; i < 3; i++) {
            assembler.join(insert("joined" + i));
        }
        assertThat(accept(end(7, 100, 1)))
                .hasValueSatisfying(whole -> assertThat(whole).isInstanceOf(Assembled.TooLarge.class));
    }

    @Test
    void emptyTransaction_isHandedOutWithoutChanges() {
        assertThat(acceptAll(begin(7), end(7, 100, 0))).containsExactly(whole(7, 100, 11));
    }

    @Test
    void repeatedTransaction_isHandedOutAgain() {
        assertThat(acceptAll(begin(7), end(7, 100, 0), begin(7), end(7, 100, 0)))
                .containsExactly(whole(7, 100, 11), whole(7, 100, 13));
    }

    @Test
    void messageInsideOfATransaction_countsAndChangesNothing() {
        assertThat(acceptAll(begin(7), new Event.Message(7, 1), change(7, 2, "1"), end(7, 100, 2)))
                .containsExactly(whole(7, 100, 13, insert("1")));
    }

    @Test
    void changedKey_isOneUpdate() {
        assertThat(acceptAll(begin(7), keyFrom(7, 1, "1", "2"), keyTo(7, 2, "1", "2"), end(7, 100, 2)))
                .containsExactly(whole(7, 100, 13, update("1", "2", Optional.empty(), row("2", Row.UNAVAILABLE))));
    }

    @Test
    void changedKey_takesUnsentValuesFromTheOldRow() {
        Event from = new Event.KeyChangeFrom(7, 1, TABLE, key("1"), key("2"), Optional.of(row("1", "long")));
        assertThat(acceptAll(begin(7), from, keyTo(7, 2, "1", "2"), end(7, 100, 2)))
                .containsExactly(whole(7, 100, 13, update("1", "2", Optional.of(row("1", "long")), row("2", "long"))));
    }

    @Test
    void changedKey_withoutOneOfItsHalves_halts() {
        halts("TX005", begin(7), keyTo(7, 1, "1", "2"));
        halts("TX005", begin(7), keyFrom(7, 1, "1", "2"), change(7, 2, "3"));
        halts("TX005", begin(7), keyFrom(7, 1, "1", "2"), keyFrom(7, 2, "3", "4"));
        halts("TX005", begin(7), keyFrom(7, 1, "1", "2"), new Event.Message(7, 2));
        halts("TX005", begin(7), keyFrom(7, 1, "1", "2"), keyTo(7, 2, "1", "3"));
        halts("TX005", begin(7), keyFrom(7, 1, "1", "2"), keyTo(7, 2, "3", "2"));
        halts("TX005", begin(7), keyFrom(7, 1, "1", "2"), end(7, 100, 1));
    }

    @Test
    void eventWithoutABegin_halts() {
        halts("TX001", change(7, 1, "1"));
        halts("TX001", end(7, 100, 0));
        halts("TX001", begin(7), end(7, 100, 0), change(7, 1, "1"));
    }

    @Test
    void eventOfAnotherTransaction_halts() {
        halts("TX002", begin(7), change(8, 1, "1"));
        halts("TX002", begin(7), end(8, 100, 0));
    }

    @Test
    void eventThatIsMissingOrRepeatedOrOutOfOrder_halts() {
        halts("TX003", begin(7), change(7, 2, "1"));
        halts("TX003", begin(7), change(7, 1, "1"), change(7, 1, "1"));
        halts("TX003", begin(7), change(7, 1, "1"), change(7, 3, "1"));
        halts("TX003", begin(7), change(7, 0, "1"));
    }

    @Test
    void endThatCountsOtherwise_halts() {
        halts("TX004", begin(7), change(7, 1, "1"), end(7, 100, 2));
        halts("TX004", begin(7), change(7, 1, "1"), end(7, 100, 0));
    }

    @Test
    void halt_saysWhereAndWhatToDo() {
        accept(begin(7));
        assertThatThrownBy(() -> accept(change(7, 2, "1")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("TX003: transaction 7 (topic offsets 10 to 11): ")
                .hasMessageContaining("total_order 2")
                .hasMessageContaining("retention");
    }

    @Test
    void transactionThatABeginInterrupts_isDroppedAndReadAgain() {
        assertThat(acceptAll(begin(7), change(7, 1, "1"), begin(7), change(7, 1, "1"), end(7, 100, 1)))
                .containsExactly(whole(7, 100, 14, insert("1")));
    }

    @Test
    void interruptedTransaction_comesAgainAfterEarlierOnesWhichAreNotHandedOutAgain() {
        assertThat(acceptAll(
                        begin(6),
                        end(6, 90, 0),
                        begin(7),
                        change(7, 1, "1"),
                        begin(6),
                        end(6, 90, 0),
                        begin(7),
                        change(7, 1, "1"),
                        begin(6),
                        begin(6),
                        end(6, 90, 0),
                        begin(7),
                        change(7, 1, "1"),
                        end(7, 100, 1),
                        begin(8),
                        end(8, 110, 0)))
                .extracting(Assembled::lastOffset)
                .containsExactly(11L, 23L, 25L);
    }

    @Test
    void laterTransaction_whileAnInterruptedOneIsMissing_halts() {
        halts("TX006", begin(6), end(6, 90, 0), begin(7), begin(8), end(8, 110, 0));
        halts("TX006", begin(7), begin(8), end(8, 110, 0));
    }

    @Test
    void laterTransaction_whileAnInterruptedOneIsMissing_haltsAfterARestartToo() {
        TransactionAssembler restarted = new TransactionAssembler(3, 1 << 20, new Lsn(90));
        restarted.accept(begin(7), 12, 12);
        restarted.accept(begin(6), 13, 13);
        assertThat(restarted.accept(end(6, 90, 0), 14, 14)).isEmpty();
        restarted.accept(begin(8), 15, 15);
        assertThatThrownBy(() -> restarted.accept(end(8, 110, 0), 16, 16))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("TX006: transaction 7 (begun at topic offset 12) never ended");
    }

    @Test
    void watermark_isAMark() {
        assertThat(acceptAll(WATERMARK)).containsExactly(new Assembled.Mark(new Lsn(55), 10));
    }

    @Test
    void watermarkInsideOfATransaction_isSkipped() {
        assertThat(acceptAll(begin(7), WATERMARK, end(7, 100, 0))).containsExactly(whole(7, 100, 12));
    }

    @Test
    void watermarkWhileAnInterruptedTransactionIsMissing_isSkipped() {
        assertThat(acceptAll(begin(6), end(6, 90, 0), begin(7), begin(6), end(6, 90, 0), WATERMARK, begin(7)))
                .containsExactly(whole(6, 90, 11));
        assertThat(acceptAll(end(7, 100, 0), WATERMARK))
                .containsExactly(whole(7, 100, 17), new Assembled.Mark(new Lsn(55), 18));
    }

    @Test
    void snapshotRow_isHandedOutAtOnce() {
        assertThat(acceptAll(snapshotRow("1", 5)))
                .containsExactly(new Assembled.Snapshot(snapshotRow("1", 5), 10, true));
    }

    @Test
    void snapshotRowInsideOfATransaction_isNotSettled() {
        assertThat(acceptAll(begin(7), snapshotRow("1", 5), end(7, 100, 0)))
                .containsExactly(new Assembled.Snapshot(snapshotRow("1", 5), 11, false), whole(7, 100, 12));
    }

    @Test
    void ignoredRecord_yieldsNothing() {
        assertThat(acceptAll(new Event.Ignored(), begin(7), new Event.Ignored(), end(7, 100, 0)))
                .containsExactly(whole(7, 100, 13));
    }

    @Test
    void transactionWithTooManyRows_isOnlyCounted() {
        assertThat(acceptAll(
                        begin(7),
                        change(7, 1, "1"),
                        change(7, 2, "2"),
                        change(7, 3, "3"),
                        new Event.Message(7, 4),
                        end(7, 100, 4)))
                .as("at the limit")
                .containsExactly(whole(7, 100, 15, insert("1"), insert("2"), insert("3")));
        assertThat(acceptAll(
                        begin(8),
                        change(8, 1, "1"),
                        change(8, 2, "2"),
                        change(8, 3, "3"),
                        change(8, 4, "4"),
                        change(8, 5, "5"),
                        end(8, 200, 5)))
                .as("beyond the limit")
                .containsExactly(new Assembled.TooLarge(8, new Lsn(200), 16, 22, 5));
        assertThat(acceptAll(begin(9), change(9, 1, "1"), end(9, 300, 1)))
                .as("afterwards")
                .containsExactly(whole(9, 300, 25, insert("1")));
    }

    @Test
    void transactionWithTooManyBytes_isOnlyCounted() {
        long bytes = 2 * insert("1").sizeBytes();
        TransactionAssembler limited = new TransactionAssembler(100, bytes, Lsn.ZERO);
        limited.accept(begin(7), 0, 0);
        limited.accept(change(7, 1, "1"), 1, 1);
        limited.accept(change(7, 2, "2"), 2, 2);
        assertThat(limited.accept(end(7, 100, 2), 3, 3)).containsInstanceOf(Assembled.Whole.class);
        limited.accept(begin(8), 4, 4);
        limited.accept(change(8, 1, "1"), 5, 5);
        limited.accept(change(8, 2, "2"), 6, 6);
        limited.accept(change(8, 3, "3"), 7, 7);
        assertThat(limited.accept(end(8, 200, 3), 8, 8)).contains(new Assembled.TooLarge(8, new Lsn(200), 4, 8, 3));
    }

    @Test
    void transactionThatIsTooLarge_isStillChecked() {
        List<Event> events = new ArrayList<>(List.of(begin(7)));
        for (int i = 1; i <= 9; i++) {
            events.add(change(7, i, "" + i));
        }
        halts(
                "TX003",
                Stream.concat(events.stream(), Stream.of(change(7, 11, "11"))).toArray(Event[]::new));
        halts("TX004", Stream.concat(events.stream(), Stream.of(end(7, 100, 8))).toArray(Event[]::new));
    }

    @Test
    void reset_forgetsTheUnfinishedTransaction() {
        acceptAll(begin(7), change(7, 1, "1"), change(7, 2, "2"));
        assembler.reset();
        assertThat(acceptAll(begin(8), change(8, 1, "3"), end(8, 110, 1)))
                .containsExactly(whole(8, 110, 15, insert("3")));
        acceptAll(begin(9));
        assembler.reset();
        assertThatThrownBy(() -> accept(change(9, 1, "1"))).isInstanceOf(HaltException.class);
    }

    @Test
    void limitsBelowOne_areRefused() {
        assertThatThrownBy(() -> new TransactionAssembler(0, 1, Lsn.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TransactionAssembler(1, 0, Lsn.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    private Optional<Assembled> accept(Event event) {
        return assembler.accept(event, offset, offset++);
    }

    private List<Assembled> acceptAll(Event... events) {
        return Stream.of(events).flatMap(event -> accept(event).stream()).toList();
    }

    private static void halts(String code, Event... events) {
        TransactionAssembler fresh = new TransactionAssembler(3, 1 << 20, Lsn.ZERO);
        for (int i = 0; i < events.length - 1; i++) {
            fresh.accept(events[i], i, i);
        }
        int last = events.length - 1;
        assertThatThrownBy(() -> fresh.accept(events[last], last, last))
                .isInstanceOfSatisfying(
                        HaltException.class, halt -> assertThat(halt.code()).isEqualTo(code));
    }

    private static Assembled whole(long xid, long endLsn, long lastOffset, RowChange... changes) {
        return new Assembled.Whole(new SourceTransaction(xid, new Lsn(endLsn), lastOffset, List.of(changes)));
    }

    private static RowChange update(String oldId, String newId, Optional<Row> before, Row after) {
        return new RowChange.Update(TABLE, Optional.of(key(oldId)), Optional.of(key(newId)), before, after);
    }
}
