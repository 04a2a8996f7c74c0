package org.pg2citus.sink.decode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;

/**
 * Reads the compact records of pg2citus's source: each is a chunk of many events. The layout is in
 * {@code docs/decisions/0002}. Not thread safe.
 */
final class ChunkDecoder {

    /** Tables are cheap to describe again, so when there are this many they are simply all forgotten. */
    private static final int MAX_TABLES = 10_000;

    /** By what a chunk says of them: rows of the same columns then share one list, over all chunks. */
    private final Map<ChunkTable, ChunkTable> tables = new HashMap<>();

    /**
     * Reads one chunk.
     *
     * @throws UnreadableChunkException when it is not one, is damaged, or says what cannot be
     */
    List<Event> decode(byte[] bytes) {
        var chunk = new ChunkReader(bytes);
        Map<Long, ChunkTable> described = readTables(chunk);
        List<Event> events = new ArrayList<>();
        var reading = new Reading(chunk, described);
        while (chunk.hasMore()) {
            events.add(reading.next());
        }
        return events;
    }

    private Map<Long, ChunkTable> readTables(ChunkReader chunk) {
        int count = chunk.count();
        Map<Long, ChunkTable> described = new HashMap<>();
        for (int i = 0; i < count; i++) {
            long number = chunk.number();
            ChunkTable table = ChunkTable.read(chunk);
            ChunkTable known = tables.get(table);
            if (known == null) {
                if (tables.size() >= MAX_TABLES) {
                    tables.clear();
                }
                tables.put(table, table);
                known = table;
            }
            described.put(number, known);
        }
        return described;
    }

    /** One chunk while it is read. */
    private static final class Reading {

        private final ChunkReader chunk;
        private final Map<Long, ChunkTable> tables;
        private long lastNumber = -1;
        private ChunkTable lastTable;
        private boolean inTransaction;
        private long xid;
        private long order;

        Reading(ChunkReader chunk, Map<Long, ChunkTable> tables) {
            this.chunk = chunk;
            this.tables = tables;
        }

        Event next() {
            char type = (char) chunk.next();
            if (type == 'P') {
                // The rest of a transaction whose BEGIN is in an earlier chunk.
                open(chunk.number(), chunk.number());
                type = (char) chunk.next();
            }
            return switch (type) {
                case 'B' -> begin();
                case 'C' -> end();
                case 'W' -> watermark();
                case 'M' -> new Event.Message(xid, nextOrder());
                default -> new Event.Change(xid, nextOrder(), change(type));
            };
        }

        private Event begin() {
            open(chunk.number(), 0);
            // Where it began and when it was committed.
            chunk.number();
            chunk.number();
            return new Event.Begin(xid);
        }

        private void open(long transactionXid, long count) {
            if (inTransaction) {
                throw new UnreadableChunkException("transaction %d has no end".formatted(xid));
            }
            inTransaction = true;
            xid = transactionXid;
            order = count;
        }

        private Event end() {
            if (!inTransaction) {
                throw new UnreadableChunkException("it ends a transaction that it did not begin");
            }
            inTransaction = false;
            return new Event.End(xid, new Lsn(chunk.number()), chunk.number());
        }

        private Event watermark() {
            if (inTransaction) {
                throw new UnreadableChunkException("a mark lies inside of transaction " + xid);
            }
            return new Event.Watermark(new Lsn(chunk.number()));
        }

        private long nextOrder() {
            if (!inTransaction) {
                throw new UnreadableChunkException("a change lies outside of a transaction");
            }
            return ++order;
        }

        private RowChange change(char type) {
            ChunkTable table = table(chunk.number());
            return switch (type) {
                case 'I' -> inserted(table);
                case 'U' -> updated(table);
                case 'K' -> keyChanged(table);
                case 'F' -> updatedWithOldRow(table);
                case 'D' -> deleted(table);
                case 'E' -> deletedWithOldRow(table);
                case 'T' -> new RowChange.Truncate(table.id());
                default ->
                    throw new UnreadableChunkException("it has an event of the unknown type %d".formatted((int) type));
            };
        }

        private ChunkTable table(long number) {
            // Nearly always the same as before; looking it up costs more than reading a short row.
            if (number != lastNumber) {
                ChunkTable table = tables.get(number);
                if (table == null) {
                    throw new UnreadableChunkException("it does not describe the table of a change");
                }
                lastNumber = number;
                lastTable = table;
            }
            return lastTable;
        }

        private RowChange inserted(ChunkTable table) {
            Row after = table.row(chunk);
            Optional<Row> key = table.key(after);
            checkKey(table, key);
            if (!after.isComplete()) {
                throw new UnreadableChunkException("table %s has a new row with an unsent column (%s)"
                        .formatted(table.id(), Rows.firstUnavailable(after)));
            }
            return new RowChange.Insert(table.id(), key, after);
        }

        private RowChange updated(ChunkTable table) {
            Row after = table.row(chunk);
            Optional<Row> key = table.key(after);
            if (key.isEmpty()) {
                throw keyless(table);
            }
            checkKey(table, key);
            return new RowChange.Update(table.id(), key, key, Optional.empty(), after);
        }

        private RowChange keyChanged(ChunkTable table) {
            Optional<Row> oldKey = table.keyAlone(chunk);
            Row after = table.row(chunk);
            Optional<Row> newKey = table.key(after);
            if (oldKey.isEmpty()) {
                throw keyless(table);
            }
            checkKey(table, oldKey);
            checkKey(table, newKey);
            return new RowChange.Update(table.id(), oldKey, newKey, Optional.empty(), after);
        }

        private RowChange updatedWithOldRow(ChunkTable table) {
            Row before = table.row(chunk);
            Row after = table.row(chunk).filledFrom(before);
            Optional<Row> oldKey = table.key(before);
            Optional<Row> newKey = table.key(after);
            checkKey(table, oldKey);
            checkKey(table, newKey);
            if (oldKey.isEmpty() && !(before.isComplete() && after.isComplete())) {
                throw keyless(table);
            }
            return new RowChange.Update(table.id(), oldKey, newKey, known(before, oldKey), after);
        }

        private RowChange deleted(ChunkTable table) {
            Optional<Row> key = table.keyAlone(chunk);
            if (key.isEmpty()) {
                throw keyless(table);
            }
            checkKey(table, key);
            return new RowChange.Delete(table.id(), key, Optional.empty());
        }

        private RowChange deletedWithOldRow(ChunkTable table) {
            Row before = table.row(chunk);
            Optional<Row> key = table.key(before);
            checkKey(table, key);
            if (key.isEmpty() && !before.isComplete()) {
                throw keyless(table);
            }
            return new RowChange.Delete(table.id(), key, known(before, key));
        }

        private static Optional<Row> known(Row before, Optional<Row> key) {
            return key.isEmpty() ? Optional.of(before) : Rows.knownBeyond(before, key.get());
        }

        private static UnreadableChunkException keyless(ChunkTable table) {
            return new UnreadableChunkException(
                    "table %s has no key, and an update or delete without the whole old row. Set REPLICA IDENTITY FULL, or give the table a primary key, before the change"
                            .formatted(table.id()));
        }

        private static void checkKey(ChunkTable table, Optional<Row> key) {
            if (key.isEmpty()) {
                return;
            }
            Row row = key.get();
            for (int i = 0; i < row.columns().size(); i++) {
                if (row.value(i) == null || !row.isAvailable(i)) {
                    throw new UnreadableChunkException(
                            "table %s has a change without the value of key column %s. A key must be a primary key, or unique and NOT NULL, and the source's replica identity must contain it"
                                    .formatted(table.id(), row.columns().get(i)));
                }
            }
        }
    }
}
