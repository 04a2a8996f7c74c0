package org.pg2citus.runner.config;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Optional;

/**
 * Where the changes travel.
 *
 * @param bootstrapServers an existing cluster; empty for the broker inside this process
 * @param topic the topic of the changes, with one partition
 * @param replicationFactor replicas of the topic on an existing cluster; empty for the cluster's default
 * @param clientProperties security settings for clients of an existing cluster; may hold passwords
 */
public record KafkaSettings(
        Optional<String> bootstrapServers,
        String topic,
        Optional<Short> replicationFactor,
        Map<String, String> clientProperties) {

    public KafkaSettings {
        requireNonNull(bootstrapServers, "bootstrapServers is null");
        requireNonNull(topic, "topic is null");
        requireNonNull(replicationFactor, "replicationFactor is null");
        clientProperties = Map.copyOf(clientProperties);
    }

    /** Names only: the values may be passwords. */
    @Override
    public String toString() {
        return "KafkaSettings[%s, topic %s, client properties %s]"
                .formatted(bootstrapServers.orElse("embedded"), topic, clientProperties.keySet());
    }
}
