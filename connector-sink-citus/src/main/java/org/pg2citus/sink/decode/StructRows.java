package org.pg2citus.sink.decode;

import java.util.List;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.decode.type.ColumnText;
import org.pg2citus.sink.decode.type.InexactValueException;

/** Reads rows that come with a schema; what a schema says is worked out once, when it is first met. */
final class StructRows implements RowReader {

    private final ColumnReaders readers;
    private Schema schema;
    private List<String> columns = List.of();
    private ColumnText[] texts = {};

    StructRows(ColumnReaders readers) {
        this.readers = readers;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // converters keep one instance for each schema; equals is slow
    public Row read(Object fields) {
        Struct struct = (Struct) fields;
        if (struct.schema() != schema) {
            learn(struct.schema());
        }
        String[] values = new String[texts.length];
        for (int i = 0; i < values.length; i++) {
            // Not Struct.get: that puts the schema's default in the place of a null.
            Object value = struct.getWithoutDefault(columns.get(i));
            if (value != null) {
                values[i] = text(i, value);
            }
        }
        return new Row(columns, values);
    }

    private String text(int index, Object value) {
        try {
            return texts[index].of(value);
        } catch (InexactValueException e) {
            throw UnreadableRowException.column(columns.get(index), e.getMessage());
        } catch (RuntimeException e) {
            // Without its message, which may hold the value.
            throw UnreadableRowException.column(
                    columns.get(index),
                    "its value is not of the kind that its schema says ("
                            + e.getClass().getSimpleName() + "). Check that source and sink use the same converter");
        }
    }

    private void learn(Schema newSchema) {
        List<String> names = newSchema.fields().stream().map(Field::name).toList();
        texts = newSchema.fields().stream()
                .map(field -> readers.column(field.schema()))
                .toArray(ColumnText[]::new);
        // An equal list stays the same instance, which makes comparing rows cheap.
        columns = names.equals(columns) ? columns : names;
        schema = newSchema;
    }
}
