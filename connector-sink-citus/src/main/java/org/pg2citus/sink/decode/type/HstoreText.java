package org.pg2citus.sink.decode.type;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Collectors;

/** {@code hstore}, as PostgreSQL prints it: shorter keys first, then by their bytes. */
final class HstoreText {

    private static final Comparator<String> KEY_ORDER =
            Comparator.comparing(key -> key.getBytes(StandardCharsets.UTF_8), HstoreText::compare);

    private HstoreText() {}

    static String of(Object value) {
        Map<?, ?> map = (Map<?, ?>) value;
        return map.keySet().stream()
                .map(String.class::cast)
                .sorted(KEY_ORDER)
                .map(key -> quoted(key) + "=>" + (map.get(key) == null ? "NULL" : quoted((String) map.get(key))))
                .collect(Collectors.joining(", "));
    }

    private static int compare(byte[] one, byte[] other) {
        int byLength = Integer.compare(one.length, other.length);
        return byLength != 0 ? byLength : Arrays.compareUnsigned(one, other);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
