package org.pg2citus.source.record;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.source.SourceRecord;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.pgoutput.PgOutputDecoder;
import org.pg2citus.source.pgoutput.PgOutputListener;
import org.pg2citus.source.pgoutput.Relation;

/**
 * Turns the stream into records: BEGIN, the changes numbered from 1, END; and marks, which say how far was read.
 *
 * <p>Each record's source offset names the position up to which everything is in the topic once that record is: the end
 * of the last whole transaction, or the last mark. Not thread-safe.
 */
public final class ChangeRecords implements PgOutputListener {

    /** Prefix of the logical messages that are ours. Others are not data of any table, and are left out. */
    public static final String MESSAGE_PREFIX = "pg2citus";

    private static final Integer PARTITION = 0;
    private static final byte[] NO_CONTENT = {};

    private final String topic;
    private final SourcePosition position;
    private final RowKeys rowKeys;
    private final Map<Integer, TableRecords> tables = new HashMap<>();
    private List<SourceRecord> records = new ArrayList<>();
    private Map<String, ?> offset;
    private long safeLsn;
    private long emittedLsn;
    private boolean inTransaction;
    private boolean begun;
    private long xid;
    private long beginLsn;
    private long commitTimeMs;
    private long eventCount;
    private long nowMs;

    public ChangeRecords(String topic, SourcePosition position, long startLsn, RowKeys rowKeys) {
        this.topic = topic;
        this.position = position;
        this.rowKeys = rowKeys;
        this.safeLsn = startLsn;
        this.emittedLsn = startLsn;
        this.offset = position.offset(startLsn);
    }

    /** The records since the last call, and the time to put into those that follow. */
    public List<SourceRecord> take(long timeMs) {
        nowMs = timeMs;
        if (records.isEmpty()) {
            return List.of();
        }
        List<SourceRecord> taken = records;
        records = new ArrayList<>();
        return taken;
    }

    public int size() {
        return records.size();
    }

    /** Whether the last thing read was inside a transaction. */
    public boolean isInTransaction() {
        return inTransaction;
    }

    /** Everything up to this position was read, and no transaction is open. */
    public void readUpTo(long lsn) {
        if (inTransaction) {
            throw new AssertionError("a transaction is open");
        }
        if (Long.compareUnsigned(lsn, safeLsn) > 0) {
            safeLsn = lsn;
        }
    }

    /** Whether more was read than the topic tells. */
    public boolean isMarkDue() {
        return !inTransaction && Long.compareUnsigned(safeLsn, emittedLsn) > 0;
    }

    /** Adds a mark at the position up to which everything was read. */
    public void mark() {
        advance(safeLsn);
        addMessage(safeLsn, NO_CONTENT, null);
    }

    @Override
    public void begin(long transactionXid, long lsn, long timeMs) {
        inTransaction = true;
        begun = false;
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
        advance(endLsn);
        String id = transactionId(endLsn);
        addBoundary(
                id,
                new Struct(RecordFields.BOUNDARY_SCHEMA)
                        .put("status", "END")
                        .put("id", id)
                        .put("event_count", eventCount)
                        .put(RecordFields.TIME, timeMs));
        tables.values().forEach(TableRecords::endTransaction);
    }

    @Override
    public void relation(Relation relation) throws SQLException {
        tables.put(relation.oid(), new TableRecords(topic, relation, keyColumns(relation)));
    }

    @Override
    public void insert(Relation relation, long lsn, String[] row) {
        TableRecords table = tables.get(relation.oid());
        add(table, lsn, "c", table.key(row), null, table.row(row), null);
    }

    @Override
    public void update(Relation relation, long lsn, String[] before, String[] row) {
        TableRecords table = tables.get(relation.oid());
        if (before != null) {
            takeKnownValues(table, before, row);
        }
        requireKey(table, row, lsn);
        Struct key = table.key(row);
        Struct oldKey = before == null ? key : table.key(before);
        if (key == null || key.equals(oldKey)) {
            // Without full identity the old row is the old key alone, sent because it is stored out of line.
            String[] oldRow = relation.hasFullIdentity() ? before : null;
            add(table, lsn, "u", key, table.row(oldRow), table.row(row), null);
            return;
        }
        var newKeyHeader = new ConnectHeaders().add(RecordFields.NEW_KEY_HEADER, key, table.keySchema());
        add(table, lsn, "d", oldKey, table.row(before), null, (ConnectHeaders) newKeyHeader);
        var oldKeyHeader = new ConnectHeaders().add(RecordFields.OLD_KEY_HEADER, oldKey, table.keySchema());
        add(table, lsn, "c", key, null, table.row(row), (ConnectHeaders) oldKeyHeader);
    }

    @Override
    public void delete(Relation relation, long lsn, String[] before) {
        TableRecords table = tables.get(relation.oid());
        add(table, lsn, "d", table.key(before), table.row(before), null, null);
    }

    @Override
    public void truncate(List<Relation> relations, long lsn) {
        for (Relation relation : relations) {
            add(tables.get(relation.oid()), lsn, "t", null, null, null, null);
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
            startTransaction();
            addMessage(lsn, content, transactionBlock(1));
        } else {
            readUpTo(lsn);
            advance(lsn);
            addMessage(lsn, content, null);
        }
    }

    private List<String> keyColumns(Relation relation) throws SQLException {
        if (!relation.hasFullIdentity()) {
            return relation.identityColumns();
        }
        // The catalog is of now: a key of columns that this version of the table lacks is not a key of its rows. The
        // old rows are whole, so they are identified without one.
        List<String> primaryKey = rowKeys.primaryKey(relation.oid());
        return new HashSet<>(relation.columns()).containsAll(primaryKey) ? primaryKey : List.of();
    }

    private static void takeKnownValues(TableRecords table, String[] before, String[] row) {
        for (int i = 0; i < row.length; i++) {
            boolean known = table.relation().hasFullIdentity() || table.isKeyColumn(i);
            if (known && PgOutputDecoder.UNCHANGED.equals(row[i])) {
                row[i] = before[i];
            }
        }
    }

    private static void requireKey(TableRecords table, String[] row, long lsn) {
        String column = table.unknownKeyColumn(row);
        if (column != null) {
            throw new SourceFault(
                    "SR021",
                    "an update of %s at %X/%X has no value of key column %s: it is stored out of line and the server did not send it. Set REPLICA IDENTITY FULL on the table, or update the server to its last minor version, and copy the table again"
                            .formatted(table.relation().name(), lsn >>> 32, lsn & 0xFFFFFFFFL, column));
        }
    }

    private void startTransaction() {
        if (begun) {
            return;
        }
        if (!inTransaction) {
            throw new AssertionError("a change outside of a transaction");
        }
        begun = true;
        String id = transactionId(beginLsn);
        addBoundary(
                id,
                new Struct(RecordFields.BOUNDARY_SCHEMA)
                        .put("status", "BEGIN")
                        .put("id", id)
                        .put(RecordFields.TIME, commitTimeMs));
    }

    private void add(
            TableRecords table, long lsn, String op, Struct key, Struct before, Struct after, ConnectHeaders headers) {
        startTransaction();
        Relation relation = table.relation();
        Struct source = new Struct(RecordFields.SOURCE_SCHEMA)
                .put(RecordFields.TIME, commitTimeMs)
                .put("schema", relation.schema())
                .put("table", relation.table())
                .put("txId", xid)
                .put("lsn", lsn);
        Struct value = table.envelope(op, before, after, source, transactionBlock(table.nextOrder(xid)), nowMs);
        Schema keySchema = key == null ? null : table.keySchema();
        records.add(new SourceRecord(
                position.partition(),
                offset,
                topic,
                PARTITION,
                keySchema,
                key,
                table.envelopeSchema(),
                value,
                null,
                headers));
    }

    private void addBoundary(String id, Struct value) {
        Struct key = new Struct(RecordFields.BOUNDARY_KEY_SCHEMA).put("id", id);
        records.add(new SourceRecord(
                position.partition(),
                offset,
                topic,
                PARTITION,
                RecordFields.BOUNDARY_KEY_SCHEMA,
                key,
                RecordFields.BOUNDARY_SCHEMA,
                value));
    }

    private void addMessage(long lsn, byte[] content, Struct transactionBlock) {
        Struct key = new Struct(RecordFields.MESSAGE_KEY_SCHEMA).put("prefix", MESSAGE_PREFIX);
        Struct source = new Struct(RecordFields.SOURCE_SCHEMA)
                .put(RecordFields.TIME, transactionBlock == null ? nowMs : commitTimeMs)
                .put("schema", "")
                .put("table", "")
                .put("txId", transactionBlock == null ? null : xid)
                .put("lsn", lsn);
        Struct value = new Struct(RecordFields.MESSAGE_SCHEMA)
                .put(RecordFields.OPERATION, "m")
                .put(RecordFields.TIME, nowMs)
                .put(RecordFields.SOURCE, source)
                .put(RecordFields.TRANSACTION, transactionBlock)
                .put(
                        "message",
                        new Struct(RecordFields.MESSAGE_BLOCK_SCHEMA)
                                .put("prefix", MESSAGE_PREFIX)
                                .put("content", content));
        records.add(new SourceRecord(
                position.partition(),
                offset,
                topic,
                PARTITION,
                RecordFields.MESSAGE_KEY_SCHEMA,
                key,
                RecordFields.MESSAGE_SCHEMA,
                value));
    }

    private Struct transactionBlock(long tableOrder) {
        eventCount++;
        return new Struct(RecordFields.TRANSACTION_SCHEMA)
                .put("id", transactionId(beginLsn))
                .put("total_order", eventCount)
                .put("data_collection_order", tableOrder);
    }

    private String transactionId(long lsn) {
        return xid + ":" + lsn;
    }

    private void advance(long lsn) {
        safeLsn = lsn;
        emittedLsn = lsn;
        offset = position.offset(lsn);
    }
}
