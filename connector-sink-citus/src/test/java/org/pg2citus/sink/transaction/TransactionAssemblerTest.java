package org.pg2citus.sink.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.SourceTransaction;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.decode.Event;

class TransactionAssemblerTest {

    private final TransactionAssembler assembler = new TransactionAssembler(3, 1 << 20, Lsn.ZERO);

    @Test
    void accept_ofAWholeTransaction_handsItOutAtItsEnd() {
        assertThat(assembler.accept(new Event.Begin(7), 10)).isEmpty();
        assertThat(assembler.accept(new Event.Change(7, 1, insert("1")), 11)).isEmpty();
        assertThat(assembler.accept(new Event.End(7, new Lsn(100), 1), 12))
                .contains(new Assembled.Whole(new SourceTransaction(7, new Lsn(100), 12, List.of(insert("1")))));
    }

    private static RowChange insert(String id) {
        Row key = Row.of(List.of("id"), id);
        return new RowChange.Insert(new TableId("public", "t"), Optional.of(key), key);
    }
}
