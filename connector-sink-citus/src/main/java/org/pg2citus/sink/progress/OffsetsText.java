package org.pg2citus.sink.progress;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Offsets by topic as flat JSON: a topic's name has no character that JSON would have to escape. */
final class OffsetsText {

    private static final Pattern ENTRY = Pattern.compile("\"([A-Za-z0-9._-]+)\": *(\\d+)");

    private OffsetsText() {}

    static String of(Map<String, Long> offsets) {
        return new TreeMap<>(offsets)
                .entrySet().stream()
                        .map(entry -> "\"%s\": %d".formatted(entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
    }

    /** @param text as PostgreSQL shows a jsonb of this form; null for none */
    static Map<String, Long> parse(String text) {
        if (text == null) {
            return Map.of();
        }
        Map<String, Long> offsets = new HashMap<>();
        Matcher entry = ENTRY.matcher(text);
        while (entry.find()) {
            offsets.put(entry.group(1), Long.parseLong(entry.group(2)));
        }
        if (!ENTRY.matcher(text).replaceAll("").matches("\\{[, ]*\\}")) {
            throw new IllegalArgumentException("not offsets by topic: " + text);
        }
        return offsets;
    }
}
