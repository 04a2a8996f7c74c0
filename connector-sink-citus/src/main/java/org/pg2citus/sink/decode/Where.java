package org.pg2citus.sink.decode;

import org.apache.kafka.connect.sink.SinkRecord;
import org.pg2citus.sink.failure.HaltException;

/** Says where a record that cannot be read lies. */
final class Where {

    private Where() {}

    static HaltException halt(String code, SinkRecord record, String what) {
        return halt(code, record, what, null);
    }

    static HaltException halt(String code, SinkRecord record, String what, Throwable cause) {
        return new HaltException(
                code,
                "%s (topic %s, partition %d, offset %d)"
                        .formatted(what, record.topic(), record.kafkaPartition(), record.kafkaOffset()),
                cause);
    }

    static String text(SinkRecord record, Object part, String name) {
        if (Fields.of(part, name) instanceof String text) {
            return text;
        }
        throw missing(record, name, "text");
    }

    static long number(SinkRecord record, Object part, String name) {
        Object value = Fields.of(part, name);
        if (value instanceof Long || value instanceof Integer) {
            return ((Number) value).longValue();
        }
        throw missing(record, name, "a whole number");
    }

    private static HaltException missing(SinkRecord record, String name, String kind) {
        return halt(
                "DE003",
                record,
                "the event's field " + name + " is not " + kind
                        + ". Take the source connector's events as they are, without a transform that drops fields");
    }
}
