package org.pg2citus.sink.decode;

import java.util.IdentityHashMap;
import java.util.List;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.decode.type.ColumnText;
import org.pg2citus.sink.decode.type.InexactValueException;

/** Reads rows that come with a schema; what a schema says is worked out once, when it is first met. */
final class StructRows implements RowReader {

    /** Converters make one schema for the old row and one for the new; more come with changes of the table. */
    private static final int MAX_SCHEMAS = 16;

    private final ColumnReaders readers;

    /** By identity: converters keep their schemas, and to compare them is slow. */
    private final IdentityHashMap<Schema, Layout> layouts = new IdentityHashMap<>();

    private List<String> lastColumns = List.of();

    StructRows(ColumnReaders readers) {
        this.readers = readers;
    }

    @Override
    public Row read(Object fields) {
        Struct struct = (Struct) fields;
        Layout layout = layouts.get(struct.schema());
        if (layout == null) {
            layout = learn(struct.schema());
        }
        String[] values = new String[layout.texts.length];
        for (int i = 0; i < values.length; i++) {
            String column = layout.columns.get(i);
            // Not Struct.get: that puts the schema's default in the place of a null.
            Object value = struct.getWithoutDefault(column);
            if (value != null) {
                values[i] = text(column, layout.texts[i], value);
            }
        }
        return new Row(layout.columns, values);
    }

    private static String text(String column, ColumnText type, Object value) {
        try {
            return type.of(value);
        } catch (InexactValueException e) {
            throw UnreadableRowException.column(column, e.getMessage());
        } catch (RuntimeException e) {
            // Without its message, which may hold the value.
            throw UnreadableRowException.column(
                    column,
                    "its value is not of the kind that its schema says ("
                            + e.getClass().getSimpleName() + "). Check that source and sink use the same converter");
        }
    }

    private Layout learn(Schema schema) {
        List<String> names = schema.fields().stream().map(Field::name).toList();
        if (!names.equals(lastColumns)) {
            lastColumns = names;
        }
        ColumnText[] texts = schema.fields().stream()
                .map(field -> readers.column(field.schema()))
                .toArray(ColumnText[]::new);
        if (layouts.size() >= MAX_SCHEMAS) {
            layouts.clear();
        }
        Layout layout = new Layout(lastColumns, texts);
        layouts.put(schema, layout);
        return layout;
    }

    /** Rows of equal columns share one list, whichever schema they came with: it makes comparing them cheap. */
    private static final class Layout {
        private final List<String> columns;
        private final ColumnText[] texts;

        Layout(List<String> columns, ColumnText[] texts) {
            this.columns = columns;
            this.texts = texts;
        }
    }
}
