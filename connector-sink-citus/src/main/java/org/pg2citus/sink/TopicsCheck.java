package org.pg2citus.sink;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Whether the topics that a connector is given are those of its layout. */
final class TopicsCheck {

    private TopicsCheck() {}

    /** Says what is wrong, by the setting that it is about; nothing if all is well. */
    static Map<String, String> check(Map<String, String> props) {
        Map<String, String> problems = new TreeMap<>();
        List<String> topics = Arrays.stream(props.getOrDefault("topics", "").split(","))
                .map(String::strip)
                .filter(topic -> !topic.isEmpty())
                .toList();
        String pattern = props.getOrDefault("topics.regex", "");
        String boundaries = props.getOrDefault(CitusSinkConfig.TRANSACTION_TOPIC, "");
        boolean isPerTable = CitusSinkConfig.PER_TABLE.equals(props.get(CitusSinkConfig.TOPIC_LAYOUT));
        if (!isPerTable) {
            if (topics.size() > 1 || !pattern.isEmpty()) {
                problems.put(
                        CitusSinkConfig.TOPIC_LAYOUT,
                        "with one ordered topic, give it as topics, without topics.regex; for the topics of a stock"
                                + " Debezium connector set topic.layout=per-table");
            }
            if (!boundaries.isEmpty()) {
                problems.put(
                        CitusSinkConfig.TRANSACTION_TOPIC,
                        "belongs to topic.layout=per-table: one ordered topic has the boundaries itself. Remove it, or set"
                                + " topic.layout=per-table");
            }
            return problems;
        }
        if (boundaries.isEmpty()) {
            problems.put(
                    CitusSinkConfig.TRANSACTION_TOPIC,
                    "is needed with topic.layout=per-table: the source's <topic.prefix>.transaction");
        } else if (!topics.contains(boundaries) && !matches(pattern, boundaries)) {
            problems.put(
                    CitusSinkConfig.TRANSACTION_TOPIC,
                    "is not among the topics: without it no transaction is known to be whole. Add it to topics, or make"
                            + " topics.regex match it");
        } else if (pattern.isEmpty() && topics.size() == 1) {
            problems.put(
                    CitusSinkConfig.TOPIC_LAYOUT,
                    "per-table needs the tables' topics besides the one with the transactions; give all in topics, or match"
                            + " them with topics.regex. If everything is in this one topic, set topic.layout=ordered");
        }
        return problems;
    }

    private static boolean matches(String pattern, String topic) {
        try {
            return !pattern.isEmpty() && Pattern.matches(pattern, topic);
        } catch (PatternSyntaxException e) {
            return false; // Connect itself reports it.
        }
    }
}
