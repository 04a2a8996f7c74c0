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

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

class LargeTransactionReaderTest {

    private static final List<Event> EVENTS = List.of(
            begin(7),
            change(7, 1, "1"),
            new Event.Watermark(new Lsn(5)),
            keyFrom(7, 2, "2", "3"),
            keyTo(7, 3, "2", "3"),
            new Event.Message(7, 4),
            change(7, 5, "4"),
            end(7, 100, 5));

    @Test
    void eventsThatTheAssemblerFoundTooLarge_areHandedOutOneByOne() {
        TransactionAssembler assembler = new TransactionAssembler(1, 1 << 20, Lsn.ZERO);
        Assembled found = null;
        for (int i = 0; i < EVENTS.size(); i++) {
            found = assembler.accept(EVENTS.get(i), 20 + i, 20 + i).orElse(null);
        }
        assertThat(found).isEqualTo(new Assembled.TooLarge(7, new Lsn(100), 20, 27, 5));

        LargeTransactionReader reader = new LargeTransactionReader((Assembled.TooLarge) found);
        List<RowChange> changes = new ArrayList<>();
        for (int i = 0; i < EVENTS.size(); i++) {
            assertThat(reader.isComplete()).isFalse();
            reader.accept(EVENTS.get(i), 20 + i, 20 + i).ifPresent(changes::add);
        }
        assertThat(reader.isComplete()).isTrue();
        assertThat(changes)
                .containsExactly(
                        insert("1"),
                        new RowChange.Update(
                                TABLE,
                                Optional.of(key("2")),
                                Optional.of(key("3")),
                                Optional.empty(),
                                row("3", Row.UNAVAILABLE)),
                        insert("4"));
    }

    @Test
    void eventsThatDifferFromTheFirstReading_halt() {
        halts("TX007", 20, begin(8));
        halts("TX007", 21, begin(7));
        halts("TX007", 20, change(7, 1, "1"));
        halts("TX007", 20, end(7, 100, 2));
        halts("TX007", 20, Events.snapshotRow("1", 5));
        halts("TX007", 20, begin(7), begin(7));
        halts("TX003", 20, begin(7), change(7, 2, "1"));
        halts("TX002", 20, begin(7), change(8, 1, "1"));
        halts("TX004", 20, begin(7), change(7, 1, "1"), end(7, 100, 2));
        halts("TX007", 20, begin(7), change(7, 1, "1"), change(7, 2, "2"), end(7, 101, 2));
        halts("TX007", 20, begin(7), change(7, 1, "1"), new Event.Ignored(), change(7, 2, "2"), end(7, 100, 2));
        halts("TX007", 20, begin(7), change(7, 1, "1"), end(7, 100, 1));
    }

    @Test
    void eventAfterTheEnd_isNotAccepted() {
        LargeTransactionReader reader = new LargeTransactionReader(new Assembled.TooLarge(7, new Lsn(100), 20, 21, 0));
        reader.accept(begin(7), 20, 20);
        reader.accept(end(7, 100, 0), 21, 21);
        assertThatThrownBy(() -> reader.accept(begin(8), 22, 22)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void transactionInARecordOfMany_isReadWithoutThoseAroundIt() {
        TransactionAssembler assembler = new TransactionAssembler(1, 1 << 20, Lsn.ZERO);
        List<Event> record = List.of(
                begin(6),
                change(6, 1, "6"),
                end(6, 90, 1),
                begin(7),
                change(7, 1, "1"),
                change(7, 2, "2"),
                end(7, 100, 2),
                begin(8),
                change(8, 1, "8"),
                end(8, 110, 1));
        List<Assembled> found = new ArrayList<>();
        for (int i = 0; i < record.size(); i++) {
            assembler
                    .accept(record.get(i), 20, i == record.size() - 1 ? 20 : 19)
                    .ifPresent(found::add);
        }
        assertThat(found.get(1)).isEqualTo(new Assembled.TooLarge(7, new Lsn(100), 20, 19, 2));
        assertThat(found).extracting(Assembled::lastOffset).containsExactly(19L, 19L, 20L);

        LargeTransactionReader reader = new LargeTransactionReader((Assembled.TooLarge) found.get(1));
        List<RowChange> changes = new ArrayList<>();
        for (int i = 0; !reader.isComplete(); i++) {
            reader.accept(record.get(i), 20, 19).ifPresent(changes::add);
        }
        assertThat(changes).containsExactly(insert("1"), insert("2"));
    }

    private static void halts(String code, long firstOffset, Event... events) {
        LargeTransactionReader reader = new LargeTransactionReader(new Assembled.TooLarge(7, new Lsn(100), 20, 23, 2));
        int last = events.length - 1;
        for (int i = 0; i < last; i++) {
            reader.accept(events[i], firstOffset + i, firstOffset + i);
        }
        assertThatThrownBy(() -> reader.accept(events[last], firstOffset + last, firstOffset + last))
                .isInstanceOfSatisfying(
                        HaltException.class, halt -> assertThat(halt.code()).isEqualTo(code));
    }
}
