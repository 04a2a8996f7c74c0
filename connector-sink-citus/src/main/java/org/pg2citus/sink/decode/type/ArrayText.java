package org.pg2citus.sink.decode.type;

import java.util.List;
import java.util.Objects;
import org.apache.kafka.connect.data.Schema;

/** Arrays, as PostgreSQL prints them. */
final class ArrayText implements ColumnText {

    private final boolean isNested;
    private final ColumnText element;

    ArrayText(Schema schema) {
        Schema elementSchema = schema.valueSchema();
        isNested = elementSchema.type() == Schema.Type.ARRAY && elementSchema.name() == null;
        element = ColumnTypes.textOf(elementSchema);
    }

    @Override
    public String of(Object value) {
        List<?> elements = (List<?>) value;
        if (!elements.isEmpty() && elements.stream().allMatch(Objects::isNull)) {
            throw new InexactValueException("all elements of the array are null: Debezium sends arrays of several"
                    + " dimensions so. Use pg2citus's source connector, which sends every type as text");
        }
        StringBuilder text = new StringBuilder("{");
        for (Object each : elements) {
            text.append(text.length() == 1 ? "" : ",");
            if (each == null) {
                text.append("NULL");
            } else if (isNested) {
                text.append(element.of(each));
            } else {
                appendQuoted(text, element.of(each));
            }
        }
        return text.append('}').toString();
    }

    private static void appendQuoted(StringBuilder text, String element) {
        if (!needsQuotes(element)) {
            text.append(element);
            return;
        }
        text.append('"');
        for (int i = 0; i < element.length(); i++) {
            char c = element.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\');
            }
            text.append(c);
        }
        text.append('"');
    }

    private static boolean needsQuotes(String element) {
        if (element.isEmpty() || element.equalsIgnoreCase("NULL")) {
            return true;
        }
        for (int i = 0; i < element.length(); i++) {
            // The characters of array_out: structure, quoting, and what C calls space.
            if ("{},\"\\ \t\n\r\u000b\f".indexOf(element.charAt(i)) >= 0) {
                return true;
            }
        }
        return false;
    }
}
