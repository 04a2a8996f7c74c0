package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

/** Which topic, in which cluster: a topic made again under the same name has another id. */
public record TopicIdentity(String clusterId, String topic, String topicId) {
    public TopicIdentity {
        requireNonNull(clusterId, "clusterId is null");
        requireNonNull(topic, "topic is null");
        requireNonNull(topicId, "topicId is null");
    }
}
