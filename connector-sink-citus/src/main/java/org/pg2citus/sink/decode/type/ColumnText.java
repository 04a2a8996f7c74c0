package org.pg2citus.sink.decode.type;

import org.apache.kafka.connect.data.Schema;
import org.pg2citus.sink.change.Row;

/** Turns a column's values into PostgreSQL's text form. */
public interface ColumnText {

    /**
     * The text of one value.
     *
     * @param value not null
     * @return the value's text, or {@link Row#UNAVAILABLE}
     * @throws InexactValueException when the value cannot be carried exactly; says why, without the value
     */
    String of(Object value);

    /** Text of pg2citus's source: taken as it is, but NUL, which no PostgreSQL text can hold, is an unsent value. */
    static String fromSource(String text) {
        return text.length() == 1 && text.charAt(0) == '\0' ? Row.UNAVAILABLE : text;
    }

    /** For pg2citus's source: every column is text. */
    static ColumnText ofText(Schema schema) {
        boolean isText = schema.type() == Schema.Type.STRING && schema.name() == null;
        return value -> {
            if (isText && value instanceof String text) {
                return fromSource(text);
            }
            throw new InexactValueException("its values are " + ColumnTypes.describe(schema)
                    + " where pg2citus's source sends text. For a stock Debezium source set source.values=typed");
        };
    }

    /**
     * For a stock Debezium source: what the schema says.
     *
     * @param placeholder the source's {@code unavailable.value.placeholder}, which stands for an unsent value
     * @param nullsKept whether the converters leave a NULL as it is where the column has a default
     */
    static ColumnText ofType(Schema schema, String placeholder, boolean nullsKept) {
        ColumnText values = ColumnTypes.textOf(schema);
        return UnavailableText.besides(nullsKept ? values : UncertainNull.besides(values, schema), schema, placeholder);
    }
}
