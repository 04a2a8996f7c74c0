package org.pg2citus.source.record;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.source.SourceRecord;
import org.pg2citus.source.pgoutput.Relation;
import org.pg2citus.source.pgoutput.Tuple;

/** Debezium's envelope: a record for each of BEGIN, the changes numbered from 1, END; and marks. */
final class ChangeRecords implements TopicRecords {

    private static final Integer PARTITION = 0;
    private static final byte[] NO_CONTENT = {};

    private final String topic;
    private final CompletePosition position;
    private final RowKeys rowKeys;
    private final Map<Integer, TableRecords> tables = new HashMap<>();
    private List<SourceRecord> records = new ArrayList<>();
    private boolean inTransaction;
    private boolean begun;
    private long xid;
    private long beginLsn;
    private long commitTimeMs;
    private long eventCount;
    private long nowMs;

    ChangeRecords(String topic, SourcePosition position, long completeLsn, RowKeys rowKeys) {
        this.topic = topic;
        this.position = new CompletePosition(position, completeLsn);
        this.rowKeys = rowKeys;
    }

    /** Every record is a record of its own: nothing is held back. */
    @Override
    public List<SourceRecord> take(long timeMs, boolean flush) {
        nowMs = timeMs;
        if (records.isEmpty()) {
            return List.of();
        }
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
        addMessage(position.readLsn(), NO_CONTENT, null);
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
        position.tell(endLsn);
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
        tables.put(relation.oid(), new TableRecords(topic, TableKey.of(relation, rowKeys)));
    }

    @Override
    public void insert(Relation relation, long lsn, Tuple tuple) {
        TableRecords table = tables.get(relation.oid());
        String[] row = tuple.texts();
        add(table, lsn, "c", table.key(row), null, table.row(row), null);
    }

    @Override
    public void update(Relation relation, long lsn, Tuple oldTuple, Tuple tuple) {
        TableRecords table = tables.get(relation.oid());
        table.tableKey().complete(oldTuple, tuple, lsn);
        String[] before = oldTuple == null ? null : oldTuple.texts();
        String[] row = tuple.texts();
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
    public void delete(Relation relation, long lsn, Tuple oldTuple) {
        TableRecords table = tables.get(relation.oid());
        String[] before = oldTuple.texts();
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
            position.tell(lsn);
            addMessage(lsn, content, null);
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
                position.offset(),
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
                position.offset(),
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
                position.offset(),
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
}
