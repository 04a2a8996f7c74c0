package org.pg2citus.source;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/** Reads records as the task gives them. */
final class Events {

    private Events() {}

    static boolean isEnd(SourceRecord record) {
        Struct value = (Struct) record.value();
        return value.schema().field("status") != null
                && value.getString("status").equals("END");
    }

    static boolean isMark(SourceRecord record) {
        Struct value = (Struct) record.value();
        return value.schema().field("message") != null && value.getStruct("transaction") == null;
    }

    /** The position of a change or a mark. */
    static long lsn(SourceRecord record) {
        return ((Struct) record.value()).getStruct("source").getInt64("lsn");
    }

    static long endLsn(SourceRecord record) {
        String id = ((Struct) record.value()).getString("id");
        return Long.parseLong(id.substring(id.indexOf(':') + 1));
    }

    /** The table of a change; {@code null} for anything else. */
    static String table(SourceRecord record) {
        Struct value = (Struct) record.value();
        return value.schema().field("after") == null
                ? null
                : value.getStruct("source").getString("table");
    }

    /** A column's text in the new row; {@code null} when there is none. */
    static String column(SourceRecord record, String name) {
        Struct value = (Struct) record.value();
        if (value.schema().field("after") == null || value.getStruct("after") == null) {
            return null;
        }
        return value.getStruct("after").getString(name);
    }

    /** A change on one line: operation, table, key and new row (or the old one of a delete), columns by name. */
    static String line(SourceRecord record) {
        Struct value = (Struct) record.value();
        Struct row = value.getStruct("after") == null ? value.getStruct("before") : value.getStruct("after");
        return "%s %s %s %s"
                .formatted(value.getString("op"), table(record), columns((Struct) record.key()), columns(row));
    }

    /** The changes among the records, a line each. */
    static List<String> lines(List<SourceRecord> records) {
        return records.stream()
                .filter(record -> table(record) != null)
                .map(Events::line)
                .toList();
    }

    private static String columns(Struct struct) {
        if (struct == null) {
            return "-";
        }
        return struct.schema().fields().stream()
                .map(Field::name)
                .map(name -> name + "=" + struct.getString(name))
                .collect(Collectors.joining(",", "{", "}"));
    }
}
