package org.pg2citus.runner.stream;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.pg2citus.runner.config.KafkaSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.state.TopicIdentity;

/**
 * The topic of the changes: one partition, because order is what makes transactions whole; never cut by age or size, only
 * by {@link #removeBefore}.
 */
public final class ChangeTopic implements AutoCloseable {

    /** The largest record that it takes. */
    public static final int MAX_RECORD_BYTES = EmbeddedKafka.MAX_RECORD_BYTES;

    private static final int TIMEOUT_SECONDS = 60;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);
    private static final Map<String, String> CONFIG = Map.of(
            "cleanup.policy", "delete",
            "retention.ms", "-1",
            "retention.bytes", "-1",
            // The cluster's default of 1 MB would stop the stream at the first larger row.
            "max.message.bytes", Integer.toString(MAX_RECORD_BYTES),
            // Not smaller: a record has to fit into a segment. Not larger: only whole segments give their space back.
            "segment.bytes", Integer.toString(MAX_RECORD_BYTES));

    private final Admin admin;
    private final KafkaSettings settings;
    private final TopicPartition partition;

    /** @param bootstrapServers the embedded broker's, or the existing cluster's */
    public ChangeTopic(KafkaSettings settings, String bootstrapServers) {
        Map<String, Object> properties = new HashMap<>(settings.clientProperties());
        properties.put("bootstrap.servers", bootstrapServers);
        properties.put("client.id", "pg2citus-admin");
        properties.put("request.timeout.ms", "20000");
        properties.put("default.api.timeout.ms", "40000");
        this.admin = Admin.create(properties);
        this.settings = settings;
        this.partition = new TopicPartition(settings.topic(), 0);
    }

    /** The topic as it is; empty when there is none. */
    public Optional<TopicIdentity> find() {
        return describe().map(this::identity);
    }

    private TopicIdentity identity(TopicDescription topic) {
        if (topic.partitions().size() != 1) {
            throw new MigrationException(
                    ExitCode.KAFKA,
                    "KC003",
                    "topic %s has %d partitions; changes keep their order in one only"
                            .formatted(settings.topic(), topic.partitions().size()),
                    "give another name with kafka.topic, or delete the topic if nothing uses it");
        }
        String cluster = await(admin.describeCluster().clusterId(), "asking for the cluster's id");
        return new TopicIdentity(cluster, settings.topic(), topic.topicId().toString());
    }

    private Optional<TopicDescription> describe() {
        try {
            return Optional.of(admin.describeTopics(List.of(settings.topic()))
                    .topicNameValues()
                    .get(settings.topic())
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw failure("looking for topic " + settings.topic(), e.getCause());
        } catch (TimeoutException e) {
            throw failure("looking for topic " + settings.topic(), e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Makes the topic and tells its identity. */
    public TopicIdentity create() {
        Map<String, String> config = new HashMap<>(CONFIG);
        if (settings.bootstrapServers().isEmpty()) {
            config.put("flush.messages", "1");
        }
        NewTopic topic = new NewTopic(settings.topic(), Optional.of(1), settings.replicationFactor()).configs(config);
        CreateTopicsResult made = admin.createTopics(List.of(topic));
        await(made.all(), "making topic " + settings.topic());
        requireTwoReplicas(made);
        return awaitMade();
    }

    /** The controller answers before the brokers, which describe topics, have heard of the new one and lead it. */
    private TopicIdentity awaitMade() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        while (true) {
            Optional<TopicDescription> topic = describe().filter(ChangeTopic::isLed);
            if (topic.isPresent()) {
                return identity(topic.get());
            }
            if (System.nanoTime() - deadline > 0) {
                throw failure(
                        "making topic " + settings.topic(),
                        new TimeoutException("no broker leads it after %d seconds".formatted(TIMEOUT_SECONDS)));
            }
            try {
                Thread.sleep(LOOK_AGAIN.toMillis());
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private static boolean isLed(TopicDescription topic) {
        return topic.partitions().stream()
                .allMatch(part -> part.leader() != null && !part.leader().isEmpty());
    }

    /** With three replicas or more, what is acknowledged has to be on two: one broker's disk may fail. */
    private void requireTwoReplicas(CreateTopicsResult made) {
        int replicas =
                await(made.replicationFactor(settings.topic()), "asking for the replicas of topic " + settings.topic());
        if (replicas >= 3 && minInsyncReplicas(made) < 2) {
            AlterConfigOp two = new AlterConfigOp(
                    new ConfigEntry(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "2"), AlterConfigOp.OpType.SET);
            await(
                    admin.incrementalAlterConfigs(Map.of(
                                    new ConfigResource(ConfigResource.Type.TOPIC, settings.topic()), List.of(two)))
                            .all(),
                    "setting min.insync.replicas of topic " + settings.topic());
        }
    }

    private int minInsyncReplicas(CreateTopicsResult made) {
        return Integer.parseInt(
                await(made.config(settings.topic()), "reading the settings of topic " + settings.topic())
                        .get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG)
                        .value());
    }

    /** Removes the topic with all that is in it. */
    public void delete() {
        await(admin.deleteTopics(List.of(settings.topic())).all(), "deleting topic " + settings.topic());
    }

    /** The oldest offset that is still there. */
    public long firstOffset() {
        return await(
                        admin.listOffsets(Map.of(partition, OffsetSpec.earliest()))
                                .partitionResult(partition),
                        "reading the offsets of topic " + settings.topic())
                .offset();
    }

    /** The offset that the next record will have. */
    public long endOffset() {
        return await(
                        admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                                .partitionResult(partition),
                        "reading the offsets of topic " + settings.topic())
                .offset();
    }

    /** Frees what is applied: without it the topic would grow for as long as the stream runs. */
    public void removeBefore(long offset) {
        await(
                admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset)))
                        .all(),
                "removing applied records from topic " + settings.topic());
    }

    private <T> T await(KafkaFuture<T> future, String doing) {
        try {
            return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw failure(doing, e.getCause());
        } catch (TimeoutException e) {
            throw failure(doing, e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private MigrationException failure(String doing, Throwable cause) {
        return new MigrationException(
                ExitCode.KAFKA,
                "KC002",
                "Kafka failed while %s: %s".formatted(doing, cause),
                settings.bootstrapServers().isPresent()
                        ? "check kafka.bootstrap.servers, its security settings in kafka.client_config_file, and the"
                                + " user's rights on the topic"
                        : "look at the log in the data folder; then run the command again",
                cause);
    }

    private static MigrationException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new MigrationException(
                ExitCode.INTERNAL, "KC009", "interrupted while waiting for Kafka", "run the command again", e);
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(5));
    }
}
