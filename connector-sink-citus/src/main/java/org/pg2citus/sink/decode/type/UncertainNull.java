package org.pg2citus.sink.decode.type;

import org.apache.kafka.connect.data.Schema;

/**
 * For a converter that puts a column's default in the place of NULL, as most Avro converters do: where a value equals the
 * default, nobody can tell which of the two it was.
 */
final class UncertainNull implements ColumnText {

    private final ColumnText values;
    private final String defaultText;

    private UncertainNull(ColumnText values, String defaultText) {
        this.values = values;
        this.defaultText = defaultText;
    }

    static ColumnText besides(ColumnText values, Schema schema) {
        if (!schema.isOptional() || schema.defaultValue() == null) {
            return values;
        }
        try {
            return new UncertainNull(values, values.of(schema.defaultValue()));
        } catch (InexactValueException e) {
            // A value that equals this default cannot be carried either.
            return values;
        }
    }

    @Override
    public String of(Object value) {
        String text = values.of(value);
        if (text.equals(defaultText)) {
            throw new InexactValueException(
                    "its value equals the column's default, and value.converter may have put it in the"
                            + " place of NULL. Use a converter that keeps NULL, on both sides: JsonConverter with"
                            + " replace.null.with.default=false, an Avro converter that knows ignore.default.for.nullables=true; or"
                            + " pg2citus's source connector; or drop the column's default on the source and start again from the copy");
        }
        return text;
    }
}
