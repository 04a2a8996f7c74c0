package org.pg2citus.sink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.sink.SinkRecord;
import org.pg2citus.sink.change.Lsn;

/** Records as the source writes them to the ordered topic, in JSON without schemas. */
final class TopicScript {

    static final String TOPIC = "stream";

    /** What the source sends for an unchanged TOAST value. */
    static final String UNCHANGED = "\u0000";

    private final List<SinkRecord> records = new ArrayList<>();
    private long xid;
    private long order;
    private long lsn;

    /** The records from an offset on, at most {@code limit}: one poll of a consumer. */
    List<SinkRecord> from(long offset, int limit) {
        int start = (int) Math.min(offset, records.size());
        return records.subList(start, Math.min(records.size(), start + limit));
    }

    int size() {
        return records.size();
    }

    /** The end LSN of the newest transaction. */
    Lsn lastEndLsn() {
        return new Lsn(lsn);
    }

    TopicScript begin() {
        xid++;
        order = 0;
        lsn += 0x100;
        return boundary("BEGIN", lsn, null);
    }

    /** The same transaction again, as a source sends it after a restart. */
    TopicScript beginAgain() {
        order = 0;
        return boundary("BEGIN", lsn, null);
    }

    TopicScript end() {
        lsn += 0x100;
        return boundary("END", lsn, order);
    }

    TopicScript insert(String table, String keyColumn, Object... columnsAndValues) {
        Map<String, Object> after = row(columnsAndValues);
        return change("c", table, key(keyColumn, after), null, after);
    }

    TopicScript update(String table, String keyColumn, Object... columnsAndValues) {
        Map<String, Object> after = row(columnsAndValues);
        return change("u", table, key(keyColumn, after), null, after);
    }

    TopicScript delete(String table, String keyColumn, Object value) {
        Map<String, Object> before = row(keyColumn, value);
        return change("d", table, before, before, null);
    }

    /** A change as it is: old and new row and key as the source's replica identity makes them. */
    TopicScript raw(
            String op, String table, Map<String, Object> key, Map<String, Object> before, Map<String, Object> after) {
        return change(op, table, key, before, after);
    }

    TopicScript truncate(String table) {
        return change("t", table, null, null, null);
    }

    TopicScript mark() {
        lsn += 0x10;
        Map<String, Object> value = new HashMap<>();
        value.put("op", "m");
        value.put("source", source(""));
        value.put("message", Map.of("prefix", "pg2citus", "content", ""));
        return add(null, value);
    }

    /** A compact record. */
    TopicScript record(byte[] chunk) {
        records.add(new SinkRecord(TOPIC, 0, null, null, null, chunk, records.size()));
        return this;
    }

    /** Leaves offsets out, as if retention had removed their records. */
    SinkRecord laterBy(long offsets) {
        SinkRecord last = records.get(records.size() - 1);
        return new SinkRecord(TOPIC, 0, null, last.key(), null, last.value(), last.kafkaOffset() + offsets);
    }

    private TopicScript boundary(String status, long at, Long eventCount) {
        Map<String, Object> value = new HashMap<>();
        value.put("status", status);
        value.put("id", xid + ":" + at);
        value.put("ts_ms", 1L);
        value.put("event_count", eventCount);
        value.put("data_collections", null);
        return add(null, value);
    }

    private TopicScript change(
            String op, String table, Map<String, Object> key, Map<String, Object> before, Map<String, Object> after) {
        order++;
        lsn += 0x10;
        Map<String, Object> value = new HashMap<>();
        value.put("op", op);
        value.put("before", before);
        value.put("after", after);
        value.put("source", source(table));
        value.put("transaction", Map.of("id", xid + ":" + lsn, "total_order", order, "data_collection_order", order));
        return add(key, value);
    }

    private Map<String, Object> source(String table) {
        Map<String, Object> source = new HashMap<>();
        source.put("schema", table.isEmpty() ? "" : "public");
        source.put("table", table);
        source.put("lsn", lsn);
        source.put("txId", xid);
        return source;
    }

    private static Map<String, Object> key(String column, Map<String, Object> row) {
        return column == null ? null : row(column, row.get(column));
    }

    static Map<String, Object> row(Object... columnsAndValues) {
        Map<String, Object> row = new HashMap<>();
        for (int i = 0; i < columnsAndValues.length; i += 2) {
            Object value = columnsAndValues[i + 1];
            row.put((String) columnsAndValues[i], value == null ? null : value.toString());
        }
        return row;
    }

    private TopicScript add(Map<String, Object> key, Map<String, Object> value) {
        records.add(new SinkRecord(TOPIC, 0, null, key, null, value, records.size()));
        return this;
    }
}
