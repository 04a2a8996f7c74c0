package org.pg2citus.sink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Whether the topics that a connector is given are those of its layout. */
final class TopicsCheck {

    private final List<String> topics;
    private final String pattern;
    private final String boundaries;
    private final List<Problem> problems = new ArrayList<>();

    private TopicsCheck(Map<String, String> settings) {
        this.topics = Arrays.stream(settings.getOrDefault("topics", "").split(","))
                .map(String::strip)
                .filter(topic -> !topic.isEmpty())
                .toList();
        this.pattern = settings.getOrDefault("topics.regex", "").strip();
        this.boundaries = settings.getOrDefault(CitusSinkConfig.TRANSACTION_TOPIC, "");
    }

    /** Every problem, not only the first. */
    static List<Problem> of(Map<String, String> settings) {
        TopicsCheck check = new TopicsCheck(settings);
        if (CitusSinkConfig.PER_TABLE.equals(settings.get(CitusSinkConfig.TOPIC_LAYOUT))) {
            check.perTable();
        } else {
            check.ordered();
        }
        return List.copyOf(check.problems);
    }

    private void ordered() {
        if (topics.size() > 1) {
            report(
                    "topics",
                    "one pipeline reads one ordered topic; give only that one. For the topics of a stock Debezium connector set topic.layout=per-table");
        }
        if (!pattern.isEmpty()) {
            report(
                    "topics.regex",
                    "one pipeline reads one ordered topic, and a pattern may come to match others; use topics instead. For the topics of a stock Debezium connector set topic.layout=per-table");
        }
        if (!boundaries.isEmpty()) {
            report(
                    CitusSinkConfig.TRANSACTION_TOPIC,
                    "belongs to topic.layout=per-table: one ordered topic has the boundaries itself. Remove it, or set topic.layout=per-table");
        }
    }

    private void perTable() {
        if (boundaries.isEmpty()) {
            report(
                    CitusSinkConfig.TRANSACTION_TOPIC,
                    "is needed with topic.layout=per-table: the source's <topic.prefix>.transaction");
        } else if (!topics.contains(boundaries) && !matches(boundaries)) {
            report(
                    CitusSinkConfig.TRANSACTION_TOPIC,
                    "is not among the topics: without it no transaction is known to be whole. Add it to topics, or make topics.regex match it");
        } else if (pattern.isEmpty() && topics.size() == 1) {
            report(
                    "topics",
                    "topic.layout=per-table needs the tables' topics besides the one with the transactions; give all in topics, or match them with topics.regex. If everything is in this one topic, set topic.layout=ordered");
        }
    }

    private boolean matches(String topic) {
        try {
            return !pattern.isEmpty() && Pattern.matches(pattern, topic);
        } catch (PatternSyntaxException e) {
            return false; // Connect itself reports it.
        }
    }

    private void report(String setting, String message) {
        problems.add(new Problem(setting, message));
    }
}
