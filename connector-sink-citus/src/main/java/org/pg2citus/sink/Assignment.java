package org.pg2citus.sink;

import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.pg2citus.sink.failure.HaltException;

/** Which topic partitions a task can keep transactions whole with. */
final class Assignment {

    private Assignment() {}

    /**
     * Checks all partitions of the task together.
     *
     * @throws HaltException CF002 when the order in them is not the order of the source
     */
    static void check(CitusSinkConfig config, Set<TopicPartition> assigned) {
        if (!config.isTopicPerTable() && assigned.size() > 1) {
            throw new HaltException(
                    "CF002",
                    ("the sink was given several topic partitions %s: one ordered topic with one partition keeps"
                                    + " transactions whole. Recreate the topic with one partition; or, if these are the topics"
                                    + " of a stock Debezium connector, set topic.layout=per-table")
                            .formatted(names(assigned)));
        }
        Set<String> split = new TreeSet<>();
        assigned.stream().filter(each -> each.partition() > 0).forEach(each -> split.add(each.topic()));
        if (config.isTopicPerTable() && !split.isEmpty()) {
            throw new HaltException(
                    "CF002",
                    ("the topics %s have more than one partition: the order of a table's changes is then lost. Set"
                                    + " topic.creation.default.partitions=1 at the source connector (or num.partitions=1 at the"
                                    + " broker that creates topics), then start the topics anew")
                            .formatted(split));
        }
    }

    /** The partition by which the stream is known again: positions of another one do not count. */
    static TopicPartition identity(CitusSinkConfig config, Set<TopicPartition> assigned) {
        return config.isTopicPerTable()
                ? new TopicPartition(config.getString(CitusSinkConfig.TRANSACTION_TOPIC), 0)
                : assigned.iterator().next();
    }

    private static Set<String> names(Set<TopicPartition> assigned) {
        Set<String> names = new TreeSet<>();
        assigned.forEach(each -> names.add(each.toString()));
        return names;
    }
}
