package org.pg2citus.sink.transaction;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.decode.Event;

/** Short forms of events, all of one table with the key {@code id}. */
final class Events {

    static final TableId TABLE = new TableId("public", "t");
    private static final List<String> COLUMNS = List.of("id", "note");

    private Events() {}

    static Event begin(long xid) {
        return new Event.Begin(xid);
    }

    static Event change(long xid, long order, String id) {
        return new Event.Change(xid, order, insert(id));
    }

    static Event end(long xid, long endLsn, long eventCount) {
        return new Event.End(xid, new Lsn(endLsn), eventCount);
    }

    static Event keyFrom(long xid, long order, String oldId, String newId) {
        return new Event.KeyChangeFrom(xid, order, TABLE, key(oldId), key(newId), Optional.empty());
    }

    static Event keyTo(long xid, long order, String oldId, String newId) {
        return new Event.KeyChangeTo(xid, order, TABLE, key(oldId), key(newId), row(newId, Row.UNAVAILABLE));
    }

    static Event.Untransacted snapshotRow(String id, long lsn) {
        return new Event.Untransacted(new RowChange.Upsert(TABLE, key(id), row(id, "x")), Optional.of(new Lsn(lsn)));
    }

    static RowChange insert(String id) {
        return new RowChange.Insert(TABLE, Optional.of(key(id)), row(id, "x"));
    }

    static Row key(String id) {
        return Row.of(List.of("id"), id);
    }

    static Row row(String id, String note) {
        return Row.of(COLUMNS, id, note);
    }
}
