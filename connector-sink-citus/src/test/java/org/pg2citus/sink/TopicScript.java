package org.pg2citus.sink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.sink.SinkRecord;
import org.pg2citus.sink.change.Lsn;

/**
 * Records as the source writes them, in JSON without schemas: to one ordered topic, or, as a stock Debezium connector
 * does, to a topic for each table and one with the transactions' boundaries.
 */
final class TopicScript {

    static final String TOPIC = "stream";

    /** What the source sends for an unchanged TOAST value. */
    static final String UNCHANGED = "\u0000";

    /** The prefix of the topics, if there is one for each table. */
    static final String PREFIX = "app";

    private final boolean perTable;
    private final Map<String, List<SinkRecord>> records = new HashMap<>();
    private SinkRecord last;
    private long committed;
    private long snapshotLsn;
    private long xid;
    private long order;
    private long lsn;

    TopicScript() {
        this(false);
    }

    private TopicScript(boolean perTable) {
        this.perTable = perTable;
    }

    static TopicScript perTable() {
        return new TopicScript(true);
    }

    /** The records of a topic from an offset on, at most {@code limit}: one poll of a consumer. */
    List<SinkRecord> from(String topic, long offset, int limit) {
        List<SinkRecord> all = records.getOrDefault(topic, List.of());
        int start = (int) Math.min(offset, all.size());
        return List.copyOf(all.subList(start, Math.min(all.size(), start + limit)));
    }

    int size() {
        return size(TOPIC);
    }

    int size(String topic) {
        return records.getOrDefault(topic, List.of()).size();
    }

    /** A snapshot starts, of the state that the source has now. */
    TopicScript snapshot() {
        lsn += 0x10;
        snapshotLsn = lsn;
        return this;
    }

    TopicScript snapshotRow(String table, String keyColumn, Object... columnsAndValues) {
        Map<String, Object> after = row(columnsAndValues);
        Map<String, Object> value = new HashMap<>();
        value.put("op", "r");
        value.put("before", null);
        value.put("after", after);
        Map<String, Object> source = source(table);
        source.put("lsn", snapshotLsn);
        source.put("snapshot", "true");
        value.put("source", source);
        value.put("transaction", null);
        return add(table, key(keyColumn, after), value);
    }

    /** What a source that was stopped sends again: the newest records of this topic. */
    TopicScript repeat(String topic, int count) {
        List<SinkRecord> all = records.get(topic);
        for (SinkRecord record : List.copyOf(all.subList(all.size() - count, all.size()))) {
            all.add(new SinkRecord(topic, 0, null, record.key(), null, record.value(), all.size()));
        }
        return this;
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
        committed = lsn;
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
        return add("", null, value);
    }

    /** A compact record. */
    TopicScript record(byte[] chunk) {
        List<SinkRecord> all = records.computeIfAbsent(TOPIC, name -> new ArrayList<>());
        all.add(new SinkRecord(TOPIC, 0, null, null, null, chunk, all.size()));
        return this;
    }

    /** Leaves offsets out, as if retention had removed their records. */
    SinkRecord laterBy(long offsets) {
        return new SinkRecord(TOPIC, 0, null, last.key(), null, last.value(), last.kafkaOffset() + offsets);
    }

    private TopicScript boundary(String status, long at, Long eventCount) {
        Map<String, Object> value = new HashMap<>();
        value.put("status", status);
        value.put("id", xid + ":" + at);
        value.put("ts_ms", 1L);
        value.put("event_count", eventCount);
        value.put("data_collections", null);
        return add("", null, value);
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
        return add(table, key, value);
    }

    private Map<String, Object> source(String table) {
        Map<String, Object> source = new HashMap<>();
        source.put("schema", table.isEmpty() ? "" : "public");
        source.put("table", table);
        source.put("lsn", lsn);
        source.put("txId", xid);
        source.put("sequence", committed == 0 ? "[null,\"" + lsn + "\"]" : "[\"" + committed + "\",\"" + lsn + "\"]");
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

    private TopicScript add(String table, Map<String, Object> key, Map<String, Object> value) {
        String topic = TOPIC;
        if (perTable) {
            topic = table.isEmpty() ? PREFIX + ".transaction" : PREFIX + ".public." + table;
        }
        List<SinkRecord> all = records.computeIfAbsent(topic, name -> new ArrayList<>());
        last = new SinkRecord(topic, 0, null, key, null, value, all.size());
        all.add(last);
        return this;
    }
}
