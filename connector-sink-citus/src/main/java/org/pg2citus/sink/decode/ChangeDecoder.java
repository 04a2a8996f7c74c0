package org.pg2citus.sink.decode;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/** Reads change events: what a record says about rows of a table. */
final class ChangeDecoder {

    /** On the delete of a changed key: the key that the row has now. */
    private static final String NEW_KEY_HEADER = "__debezium.newkey";

    /** On the insert of a changed key: the key that the row had. */
    private static final String OLD_KEY_HEADER = "__debezium.oldkey";

    /** What {@code source.snapshot} is in rows that a signal asked for, read chunk by chunk between other changes. */
    private static final String INCREMENTAL = "incremental";

    /** Readers are cheap to make again, so when there are this many they are simply all forgotten. */
    private static final int MAX_TABLES = 10_000;

    private final ColumnReaders readers;
    private final Map<TableId, TableReader> tables = new HashMap<>();

    ChangeDecoder(ColumnReaders readers) {
        this.readers = readers;
    }

    Event decode(SinkRecord record, Object value, String op) {
        Object source = Fields.of(value, "source");
        TableId table = new TableId(Where.text(record, source, "schema"), Where.text(record, source, "table"));
        try {
            return new Reading(record, value, table, reader(table)).event(op);
        } catch (UnreadableRowException e) {
            throw Where.halt("DE004", record, "table " + table + ", " + e.getMessage());
        }
    }

    private TableReader reader(TableId table) {
        TableReader reader = tables.get(table);
        if (reader == null) {
            if (tables.size() >= MAX_TABLES) {
                tables.clear();
            }
            reader = new TableReader(readers);
            tables.put(table, reader);
        }
        return reader;
    }

    /** One record while it is read. */
    private record Reading(SinkRecord record, Object value, TableId table, TableReader reader) {

        Event event(String op) {
            Object transaction = Fields.of(value, "transaction");
            if (transaction == null) {
                return untransacted(op);
            }
            long xid = RecordDecoder.transactionXid(record, transaction);
            long order = RecordDecoder.order(record, transaction);
            return switch (op) {
                case "c" -> inserted(xid, order);
                case "u" -> new Event.Change(xid, order, update());
                case "d" -> deleted(xid, order);
                case "t" -> new Event.Change(xid, order, new RowChange.Truncate(table));
                default -> throw halt("DE009", "has an event with the unknown operation " + op);
            };
        }

        private Event untransacted(String op) {
            if (op.equals("r")) {
                return snapshotRow();
            }
            throw halt(
                    "DE002",
                    "has a change (operation " + op
                            + ") outside of a transaction. Set provide.transaction.metadata=true"
                            + " at the source connector, and start the topic anew");
        }

        private Event snapshotRow() {
            RowChange.Insert row = insert();
            Row key = row.key()
                    .orElseThrow(() -> halt(
                            "DE011",
                            "has no key, and the record is a row of a snapshot by the source connector: when the snapshot"
                                    + " starts again its rows come again, and could not be told from new ones. Copy the"
                                    + " table with 'pg2citus migrate', give it a primary key, or leave it out of the"
                                    + " snapshot (snapshot.include.collection.list)"));
            Object source = Fields.of(value, "source");
            boolean incremental = INCREMENTAL.equals(Fields.of(source, "snapshot"));
            return new Event.Untransacted(
                    new RowChange.Upsert(table, key, row.after()),
                    incremental ? Optional.empty() : Optional.of(new Lsn(Where.number(record, source, "lsn"))));
        }

        private Event inserted(long xid, long order) {
            Optional<Row> oldKey = headerKey(OLD_KEY_HEADER);
            if (oldKey.isEmpty()) {
                return new Event.Change(xid, order, insert());
            }
            Row newKey = requiredKey().filledFrom(oldKey.get());
            checkKey(newKey);
            checkKey(oldKey.get());
            return new Event.KeyChangeTo(
                    xid, order, table, oldKey.get(), newKey, required("after").filledFrom(newKey));
        }

        private Event deleted(long xid, long order) {
            Optional<Row> newKey = headerKey(NEW_KEY_HEADER);
            if (newKey.isEmpty()) {
                return new Event.Change(xid, order, delete());
            }
            Row oldKey = requiredKey();
            Row filledKey = newKey.get().filledFrom(oldKey);
            checkKey(oldKey);
            checkKey(filledKey);
            return new Event.KeyChangeFrom(xid, order, table, oldKey, filledKey, known(oldRow(), Optional.of(oldKey)));
        }

        private RowChange.Insert insert() {
            Optional<Row> key = key();
            key.ifPresent(this::checkKey);
            Row after = required("after");
            if (!after.isComplete()) {
                throw halt("DE008", "has a new row with an unsent column (" + Rows.firstUnavailable(after) + ")");
            }
            return new RowChange.Insert(table, key, after);
        }

        private RowChange update() {
            Optional<Row> oldRow = oldRow();
            Row after = required("after");
            Optional<Row> key = key();
            if (oldRow.isPresent()) {
                after = after.filledFrom(oldRow.get());
                key = key.map(row -> row.filledFrom(oldRow.get()));
            }
            key.ifPresent(this::checkKey);
            if (key.isEmpty()) {
                checkWhole(oldRow);
                if (!after.isComplete()) {
                    throw halt(
                            "DE007",
                            "has no key and an update without the value of column " + Rows.firstUnavailable(after)
                                    + ". Set REPLICA IDENTITY FULL, or give the table a primary key");
                }
            }
            return new RowChange.Update(table, key, key, known(oldRow, key), after);
        }

        private RowChange delete() {
            Optional<Row> oldRow = oldRow();
            Optional<Row> key = key();
            key.ifPresent(this::checkKey);
            if (key.isEmpty()) {
                checkWhole(oldRow);
            }
            return new RowChange.Delete(table, key, known(oldRow, key));
        }

        private Optional<Row> oldRow() {
            Object fields = Fields.of(value, "before");
            return fields == null ? Optional.empty() : Optional.of(reader.row(fields));
        }

        /**
         * What the old row says beyond its key. Without REPLICA IDENTITY FULL the WAL has only the key; Debezium then
         * fills the other columns with nulls, which say nothing.
         */
        private static Optional<Row> known(Optional<Row> oldRow, Optional<Row> key) {
            return oldRow.isEmpty() || key.isEmpty() ? oldRow : Rows.knownBeyond(oldRow.get(), key.get());
        }

        private Row required(String name) {
            Object fields = Fields.of(value, name);
            if (!Fields.areIn(fields)) {
                throw halt("DE003", "has an event whose field " + name + " holds no row");
            }
            return reader.row(fields);
        }

        private Optional<Row> key() {
            Object key = record.key();
            if (key == null) {
                return Optional.empty();
            }
            if (!Fields.areIn(key)) {
                throw unreadableKey("record's key");
            }
            return Optional.of(reader.key(key));
        }

        private Row requiredKey() {
            return key().orElseThrow(() -> halt("DE006", "has a change of a key on a record that has no key"));
        }

        private Optional<Row> headerKey(String name) {
            Header header = record.headers().lastWithName(name);
            if (header == null) {
                return Optional.empty();
            }
            if (!Fields.areIn(header.value())) {
                throw unreadableKey("header " + name);
            }
            return Optional.of(reader.headerKey(header.value()));
        }

        private HaltException unreadableKey(String part) {
            return halt(
                    "DE006",
                    "has an event whose " + part + " cannot be read as columns. Set key.converter and header.converter"
                            + " to the converter that the source connector writes with");
        }

        private void checkKey(Row key) {
            for (int i = 0; i < key.columns().size(); i++) {
                if (key.value(i) == null || !key.isAvailable(i)) {
                    throw halt(
                            "DE006",
                            "has an event without the value of key column "
                                    + key.columns().get(i)
                                    + ". A key must be a primary key, or unique and NOT NULL, and the source's replica"
                                    + " identity must contain it");
                }
            }
        }

        private void checkWhole(Optional<Row> oldRow) {
            if (oldRow.isEmpty() || !oldRow.get().isComplete()) {
                throw halt(
                        "DE007",
                        "has no key, and an update or delete without the whole old row. Set REPLICA IDENTITY FULL, or"
                                + " give the table a primary key, before the change");
            }
        }

        private HaltException halt(String code, String what) {
            return Where.halt(code, record, "table " + table + " " + what);
        }
    }
}
