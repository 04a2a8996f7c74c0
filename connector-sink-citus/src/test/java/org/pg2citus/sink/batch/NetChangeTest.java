package org.pg2citus.sink.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;

class NetChangeTest {

    private static final TableId TABLE = new TableId("public", "t");

    private final NetChange net = new NetChange();

    @Test
    void drain_ofAnInsertAndItsUpdate_isOneInsertOfTheLastRow() {
        net.add(new RowChange.Insert(TABLE, Optional.of(key("1")), row("1", "a")));
        net.add(new RowChange.Update(
                TABLE, Optional.of(key("1")), Optional.of(key("1")), Optional.empty(), row("1", "b")));
        assertThat(net.drain())
                .containsExactly(new TableDelta(TABLE, false, List.of(row("1", "b")), List.of(), List.of(), List.of()));
        assertThat(net.isEmpty()).isTrue();
    }

    private static Row key(String id) {
        return Row.of(List.of("id"), id);
    }

    private static Row row(String id, String value) {
        return Row.of(List.of("id", "v"), id, value);
    }
}
