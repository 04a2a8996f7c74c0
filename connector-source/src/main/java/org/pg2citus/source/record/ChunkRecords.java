package org.pg2citus.source.record;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.source.SourceRecord;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.pgoutput.Relation;
import org.pg2citus.source.pgoutput.Tuple;

/**
 * Compact records: each is a chunk of many events. The layout is in {@code docs/decisions/0002}.
 *
 * <p>A chunk holds either whole transactions and marks, or a part of one transaction. So a reader that goes on at a
 * chunk finds a BEGIN at its start, or is in the middle of a transaction that began at another chunk's start.
 */
final class ChunkRecords implements TopicRecords {

    private static final Integer PARTITION = 0;

    /** Debezium looks for this end of the name: then its count of failed attempts begins anew. Without a name it fails. */
    private static final Schema SCHEMA =
            SchemaBuilder.bytes().name("org.pg2citus.source.Chunk.Envelope").build();

    private static final byte[] MAGIC = {'p', '2', 'c', 1};
    private static final int HEADER_BYTES = 8;
    /** Room in a request for what the producer puts around a record, and in a chunk for numbers and a BEGIN. */
    private static final int OVERHEAD_BYTES = 1 << 10;
    /** A reader that never waits still sends what it has. */
    private static final long MAX_AGE_MS = 200;

    private final String topic;
    private final CompletePosition position;
    private final RowKeys rowKeys;
    private final int targetBytes;
    private final int maxBytes;
    private final Map<Integer, ChunkTable> tables = new HashMap<>();
    private final ChunkBytes events;
    private int nextTableNumber;
    private List<SourceRecord> records = new ArrayList<>();

    /** The first bytes of {@link #events} are whole transactions and marks; the rest is of the open transaction. */
    private int wholeBytes;

    private final DescribedTables wholeTables = new DescribedTables();
    private final DescribedTables openTables = new DescribedTables();
    private long lastTakeMs;

    private boolean inTransaction;
    private boolean begun;
    /** Earlier parts of the open transaction are in other chunks. */
    private boolean continued;

    private long xid;
    private long beginLsn;
    private long commitTimeMs;
    private long eventCount;

    /**
     * @param targetBytes the size of a chunk when there is more to send
     * @param maxBytes what the producer accepts; a row that does not fit is a fault
     */
    ChunkRecords(
            String topic, SourcePosition position, long completeLsn, RowKeys rowKeys, int targetBytes, int maxBytes) {
        this.topic = topic;
        this.position = new CompletePosition(position, completeLsn);
        this.rowKeys = rowKeys;
        this.targetBytes = targetBytes;
        this.maxBytes = maxBytes;
        this.events = new ChunkBytes(2 * targetBytes);
    }

    @Override
    public List<SourceRecord> take(long timeMs, boolean flush) {
        if (flush || timeMs - lastTakeMs > MAX_AGE_MS) {
            // The open transaction stays: nobody can use a part of it, and the rest of it is on its way.
            emitWhole();
        }
        if (records.isEmpty()) {
            return List.of();
        }
        lastTakeMs = timeMs;
        List<SourceRecord> taken = records;
        records = new ArrayList<>();
        return taken;
    }

    @Override
    public boolean isInTransaction() {
        return inTransaction;
    }

    @Override
    public void readUpTo(long lsn) {
        if (inTransaction) {
            throw new AssertionError("a transaction is open");
        }
        position.readUpTo(lsn);
    }

    @Override
    public boolean isMarkDue() {
        return !inTransaction && position.isBehind();
    }

    @Override
    public void mark() {
        position.tell(position.readLsn());
        events.add('W');
        events.addNumber(position.readLsn());
        endWhole();
    }

    @Override
    public void begin(long transactionXid, long lsn, long timeMs) {
        inTransaction = true;
        begun = false;
        continued = false;
        xid = transactionXid;
        beginLsn = lsn;
        commitTimeMs = timeMs;
        eventCount = 0;
    }

    @Override
    public void commit(long endLsn, long timeMs) {
        inTransaction = false;
        if (!begun) {
            // Before PostgreSQL 15 the server also sends transactions that changed no published table.
            readUpTo(endLsn);
            return;
        }
        continueTransaction();
        events.add('C');
        events.addNumber(endLsn);
        events.addNumber(eventCount);
        position.tell(endLsn);
        begun = false;
        if (continued) {
            emit(events.size(), openTables);
        } else {
            endWhole();
        }
    }

    @Override
    public void relation(Relation relation) throws SQLException {
        tables.put(relation.oid(), new ChunkTable(TableKey.of(relation, rowKeys), nextTableNumber++));
    }

    @Override
    public void insert(Relation relation, long lsn, Tuple row) {
        ChunkTable table = tables.get(relation.oid());
        start('I', table, sizeBytes(table, row, null, lsn));
        table.addRow(events, row);
    }

    @Override
    public void update(Relation relation, long lsn, Tuple before, Tuple row) {
        ChunkTable table = tables.get(relation.oid());
        table.key().complete(before, row, lsn);
        long sizeBytes = sizeBytes(table, row, before, lsn);
        if (before == null || (!relation.hasFullIdentity() && table.key().isSame(before, row))) {
            start('U', table, sizeBytes);
        } else if (relation.hasFullIdentity()) {
            start('F', table, sizeBytes);
            table.addRow(events, before);
        } else {
            start('K', table, sizeBytes);
            table.addKey(events, before);
        }
        table.addRow(events, row);
    }

    @Override
    public void delete(Relation relation, long lsn, Tuple before) {
        ChunkTable table = tables.get(relation.oid());
        long sizeBytes = sizeBytes(table, before, null, lsn);
        if (relation.hasFullIdentity()) {
            start('E', table, sizeBytes);
            table.addRow(events, before);
        } else {
            start('D', table, sizeBytes);
            table.addKey(events, before);
        }
    }

    @Override
    public void truncate(List<Relation> relations, long lsn) {
        for (Relation relation : relations) {
            start('T', tables.get(relation.oid()), 0);
        }
    }

    @Override
    public void message(boolean transactional, long lsn, String prefix, byte[] content) {
        if (!prefix.equals(MESSAGE_PREFIX)) {
            if (!transactional) {
                readUpTo(lsn);
            }
            return;
        }
        if (transactional) {
            // Its content is of no use to a reader: it counts, like every event between BEGIN and END.
            nextEvent(1);
            events.add('M');
        } else {
            readUpTo(lsn);
            mark();
        }
    }

    /** @throws SourceFault SR031 when no record can hold the row */
    private long sizeBytes(ChunkTable table, Tuple row, Tuple before, long lsn) {
        Relation relation = table.key().relation();
        long values = row.sizeBytes() + (before == null ? 0 : before.sizeBytes());
        long sizeBytes = values + 5L * row.size() + (before == null ? 0 : 5L * before.size());
        if (sizeBytes + table.description().length + OVERHEAD_BYTES > maxBytes) {
            Tuple longest = before == null || row.sizeBytes() >= before.sizeBytes() ? row : before;
            throw new SourceFault(
                    "SR031",
                    "a row of %s at %X/%X has %d bytes, most of them in column %s: more than the producer sends in one request (%d). Nothing of its transaction is lost, the slot still has it: raise producer.override.max.request.size and the topic's max.message.bytes, then restart the connector"
                            .formatted(
                                    relation.name(),
                                    lsn >>> 32,
                                    lsn & 0xFFFFFFFFL,
                                    sizeBytes,
                                    table.longestColumn(longest),
                                    maxBytes));
        }
        return sizeBytes;
    }

    private void start(char type, ChunkTable table, long sizeBytes) {
        nextEvent(sizeBytes + openTables.bytesFor(table));
        openTables.add(table);
        events.add(type);
        events.addNumber(table.number());
    }

    private void nextEvent(long sizeBytes) {
        startTransaction();
        if (exceedsTarget(sizeBytes)) {
            emitWhole();
        }
        // A BEGIN alone is not worth a record: the first row goes with it, however large.
        if (eventCount > 0 && events.size() > 0 && exceedsTarget(sizeBytes)) {
            emit(events.size(), openTables);
            continued = true;
        }
        continueTransaction();
        eventCount++;
    }

    private boolean exceedsTarget(long more) {
        return (long) events.size() + wholeTables.sizeBytes() + openTables.sizeBytes() + more > targetBytes;
    }

    private void startTransaction() {
        if (begun) {
            return;
        }
        if (!inTransaction) {
            throw new AssertionError("a change outside of a transaction");
        }
        begun = true;
        events.add('B');
        events.addNumber(xid);
        events.addNumber(beginLsn);
        events.addNumber(commitTimeMs);
    }

    /** A part of a transaction that is not its first says so, and how many events were before it. */
    private void continueTransaction() {
        if (continued && events.size() == 0) {
            events.add('P');
            events.addNumber(xid);
            events.addNumber(eventCount);
        }
    }

    private void endWhole() {
        wholeBytes = events.size();
        wholeTables.moveFrom(openTables);
        if (exceedsTarget(0)) {
            emitWhole();
        }
    }

    private void emitWhole() {
        if (wholeBytes > 0) {
            emit(wholeBytes, wholeTables);
        }
    }

    private void emit(int eventBytes, DescribedTables described) {
        var chunk = new ChunkBytes(
                HEADER_BYTES + ChunkBytes.numberBytes(described.count()) + described.sizeBytes() + eventBytes);
        chunk.add(MAGIC, 0, MAGIC.length);
        chunk.add(new byte[HEADER_BYTES - MAGIC.length], 0, HEADER_BYTES - MAGIC.length);
        described.write(chunk);
        chunk.add(events, eventBytes);
        byte[] bytes = chunk.toArray();
        putChecksum(bytes);
        records.add(
                new SourceRecord(position.partition(), position.offset(), topic, PARTITION, null, null, SCHEMA, bytes));
        events.removeFirst(eventBytes);
        wholeBytes = 0;
        described.clear();
    }

    private static void putChecksum(byte[] bytes) {
        var checksum = new CRC32C();
        checksum.update(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
        long value = checksum.getValue();
        for (int i = 0; i < 4; i++) {
            bytes[MAGIC.length + i] = (byte) (value >>> (24 - 8 * i));
        }
    }
}
