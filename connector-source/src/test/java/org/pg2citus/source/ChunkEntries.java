package org.pg2citus.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.sink.SinkRecord;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.RowChange;
import org.pg2citus.sink.decode.Event;
import org.pg2citus.sink.decode.RecordDecoder;
import org.pg2citus.source.TopicReader.Entry;

/** A compact record, read by the sink's decoder, in the words of Debezium's envelope; a changed key is one update. */
final class ChunkEntries {

    private final RecordDecoder decoder = RecordDecoder.ofTextSource();

    List<Entry> entries(ConsumerRecord<byte[], byte[]> record) {
        return entries(record.value(), record.offset());
    }

    List<Entry> entries(byte[] chunk, long offset) {
        return decoder.decode(new SinkRecord("stream", 0, null, null, Schema.BYTES_SCHEMA, chunk, offset)).stream()
                .map(ChunkEntries::entry)
                .toList();
    }

    private static Entry entry(Event event) {
        if (event instanceof Event.Begin begin) {
            return new Entry(null, Map.of("status", "BEGIN", "id", begin.xid() + ":0"), Map.of());
        }
        if (event instanceof Event.End end) {
            return new Entry(
                    null,
                    Map.of(
                            "status",
                            "END",
                            "id",
                            end.xid() + ":" + end.endLsn().value(),
                            "event_count",
                            end.eventCount()),
                    Map.of());
        }
        Map<String, Object> value = new HashMap<>();
        if (event instanceof Event.Watermark mark) {
            value.put("op", "m");
            value.put("source", Map.of("lsn", mark.lsn().value()));
            return new Entry(null, value, Map.of());
        }
        Event.InTransaction change = (Event.InTransaction) event;
        value.put("transaction", Map.of("id", change.xid() + ":0", "total_order", change.order()));
        if (!(change instanceof Event.Change row)) {
            value.put("op", "m");
            return new Entry(null, value, Map.of());
        }
        return change(row.change(), value);
    }

    private static Entry change(RowChange change, Map<String, Object> value) {
        value.put("source", Map.of("table", change.table().name()));
        if (change instanceof RowChange.Insert insert) {
            value.put("op", "c");
            value.put("after", columns(insert.after()));
            return new Entry(key(insert.key()), value, Map.of());
        }
        if (change instanceof RowChange.Update update) {
            value.put("op", "u");
            value.put("before", update.before().map(ChunkEntries::columns).orElse(null));
            value.put("after", columns(update.after()));
            boolean sameKey = update.oldKey().equals(update.newKey());
            return new Entry(
                    key(update.newKey()),
                    value,
                    sameKey ? Map.of() : Map.of("__debezium.oldkey", key(update.oldKey())));
        }
        if (change instanceof RowChange.Delete delete) {
            value.put("op", "d");
            value.put("before", delete.before().map(ChunkEntries::columns).orElse(null));
            return new Entry(key(delete.key()), value, Map.of());
        }
        value.put("op", "t");
        return new Entry(null, value, Map.of());
    }

    private static Map<String, Object> key(Optional<Row> key) {
        return key.map(ChunkEntries::columns).orElse(null);
    }

    private static Map<String, Object> columns(Row row) {
        Map<String, Object> columns = new HashMap<>();
        List<String> names = new ArrayList<>(row.columns());
        for (int i = 0; i < names.size(); i++) {
            columns.put(names.get(i), row.isAvailable(i) ? row.value(i) : "\u0000");
        }
        return columns;
    }
}
