package org.pg2citus.runner.stream;

import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import org.pg2citus.runner.config.MigrationSettings;

/** Kafka and Connect as the settings want them: inside this process, or existing ones. */
public final class Pipes implements AutoCloseable {

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final ChangeTopic topic;
    private final ConnectClient connect;
    private final boolean embeddedKafka;

    private Pipes(MigrationSettings settings) {
        try {
            String servers;
            embeddedKafka = settings.kafka().bootstrapServers().isEmpty();
            if (embeddedKafka) {
                EmbeddedKafka kafka = EmbeddedKafka.start(settings.dataDir().resolve("kafka"));
                opened.push(kafka);
                servers = kafka.bootstrapServers();
            } else {
                servers = settings.kafka().bootstrapServers().get();
            }
            topic = new ChangeTopic(settings.kafka(), servers);
            opened.push(topic);
            URI url;
            if (settings.connectUrl().isPresent()) {
                url = settings.connectUrl().get();
            } else {
                EmbeddedConnect worker = EmbeddedConnect.start(settings.dataDir(), settings.kafka(), servers);
                opened.push(worker);
                url = worker.url();
            }
            connect = new ConnectClient(url);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts what is to run here; takes some seconds. */
    public static Pipes start(MigrationSettings settings) {
        return new Pipes(settings);
    }

    public ChangeTopic topic() {
        return topic;
    }

    public ConnectClient connect() {
        return connect;
    }

    /** Whether the broker runs in this process. */
    public boolean hasEmbeddedKafka() {
        return embeddedKafka;
    }

    /** Stops what runs here, Connect before Kafka. */
    @Override
    public void close() {
        RuntimeException failure = null;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                RuntimeException unexpected = new IllegalStateException("stopping Kafka and Connect", e);
                if (failure == null) {
                    failure = unexpected;
                } else {
                    failure.addSuppressed(unexpected);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
