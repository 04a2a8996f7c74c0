package org.pg2citus.sink.decode.type;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.connect.data.Schema;
import org.pg2citus.sink.change.Row;

/**
 * Recognises what a stock Debezium connector sends for an unchanged TOAST value: the placeholder in the shape of the
 * column's type.
 *
 * <p>Source: Debezium's {@code UnchangedToastedPlaceholder}.
 */
final class UnavailableText {

    private final String text;
    private final byte[] bytes;
    private final Map<String, String> map;
    private final List<List<?>> lists;

    private UnavailableText(String placeholder) {
        text = placeholder;
        bytes = placeholder.getBytes(StandardCharsets.UTF_8);
        map = Map.of(placeholder, placeholder);
        List<Integer> ints = new ArrayList<>();
        List<Long> longs = new ArrayList<>();
        for (byte b : bytes) {
            ints.add((int) b);
            longs.add((long) b);
        }
        lists = List.of(
                List.of(placeholder), List.of(UUID.nameUUIDFromBytes(bytes).toString()), ints, longs);
    }

    static ColumnText besides(ColumnText type, Schema schema, String placeholder) {
        UnavailableText unavailable = new UnavailableText(placeholder);
        return switch (schema.type()) {
            case STRING -> value -> unavailable.text.equals(value) ? Row.UNAVAILABLE : type.of(value);
            case BYTES -> value -> unavailable.areBytes(value) ? Row.UNAVAILABLE : type.of(value);
            case ARRAY -> value -> unavailable.isList(value) ? Row.UNAVAILABLE : type.of(value);
            case MAP -> value -> unavailable.map.equals(value) ? Row.UNAVAILABLE : type.of(value);
            default -> type;
        };
    }

    private boolean areBytes(Object value) {
        return BytesText.areBytes(value) && Arrays.equals(bytes, BytesText.bytes(value));
    }

    private boolean isList(Object value) {
        return lists.contains(value) || (value instanceof List<?> list && list.size() == 1 && areBytes(list.get(0)));
    }
}
