package org.pg2citus.sink.decode.type;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Struct;

/** pgvector's types. */
final class VectorText {

    private VectorText() {}

    static String ofDense(Object value) {
        return ((List<?>) value).stream().map(VectorText::number).collect(Collectors.joining(",", "[", "]"));
    }

    static String ofSparse(Object value) {
        Struct vector = (Struct) value;
        Map<Integer, String> numbers = new TreeMap<>();
        vector.getMap("vector").forEach((index, number) -> numbers.put(((Number) index).intValue(), number(number)));
        return numbers.entrySet().stream()
                .map(entry -> entry.getKey() + ":" + entry.getValue())
                .collect(Collectors.joining(",", "{", "}/" + vector.get("dimensions")));
    }

    private static String number(Object value) {
        return value instanceof Float number ? FloatText.of(number) : FloatText.of((Double) value);
    }
}
