package org.pg2citus.sink.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;

/** Makes records from JSON with Connect's own converter, as a worker does. Single quotes stand for double ones. */
final class JsonRecords {

    static final String TOPIC = "pg2citus";

    private final JsonConverter converter = new JsonConverter();
    private long offset;

    JsonRecords() {
        converter.configure(Map.of("schemas.enable", "false"), false);
    }

    SinkRecord record(String key, String value) {
        return new SinkRecord(TOPIC, 0, null, read(key), null, read(value), offset++);
    }

    SinkRecord recordWithHeader(String header, String headerJson, String key, String value) {
        SinkRecord record = record(key, value);
        record.headers().add(header, read(headerJson), null);
        return record;
    }

    private Object read(String json) {
        if (json == null) {
            return null;
        }
        SchemaAndValue read =
                converter.toConnectData(TOPIC, json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
        return read.value();
    }

    /** The event of a record that has one. */
    static Event one(RecordDecoder decoder, SinkRecord record) {
        List<Event> events = decoder.decode(record);
        assertThat(events).hasSize(1);
        return events.get(0);
    }
}
