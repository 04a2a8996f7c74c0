package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.failure.HaltException;

class SnapshotRestartsTest {

    private static final TableId TABLE = new TableId("public", "t");

    private final Map<TableId, Lsn> durable = new HashMap<>();
    private final SnapshotRestarts restarts = new SnapshotRestarts("p", () -> durable);

    @Test
    void check_ofRowsOfOneSnapshot_startsItOnce() {
        restarts.check(row(5), "app.public.t", 0);
        assertThat(restarts.started()).containsOnly(Map.entry(TABLE, new Lsn(5)));
        restarts.becameDurable();
        restarts.check(row(5), "app.public.t", 1);
        assertThat(restarts.started()).isEmpty();
    }

    @Test
    void check_ofASnapshotThatTheTargetHas_goesOn() {
        durable.put(TABLE, new Lsn(5));
        restarts.check(row(5), "app.public.t", 0);
        assertThat(restarts.started()).isEmpty();
    }

    @Test
    void check_ofAnotherSnapshot_halts() {
        restarts.check(row(5), "app.public.t", 0);
        assertThatThrownBy(() -> restarts.check(row(6), "app.public.t", 1))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("CF003")
                .hasMessageContaining("table public.t")
                .hasMessageContaining("topic app.public.t, offset 1");
        durable.put(TABLE, new Lsn(4));
        restarts.reset();
        assertThatThrownBy(() -> restarts.check(row(5), "app.public.t", 0)).isInstanceOf(HaltException.class);
    }

    @Test
    void check_ofAnIncrementalSnapshot_needsNothing() {
        durable.put(TABLE, new Lsn(5));
        restarts.check(new Event.Untransacted(upsert(), Optional.empty()), "app.public.t", 0);
        assertThat(restarts.started()).isEmpty();
    }

    private static Event.Untransacted row(long lsn) {
        return new Event.Untransacted(upsert(), Optional.of(new Lsn(lsn)));
    }

    private static RowChange.Upsert upsert() {
        Row key = Row.of(List.of("id"), "1");
        return new RowChange.Upsert(TABLE, key, key);
    }
}
