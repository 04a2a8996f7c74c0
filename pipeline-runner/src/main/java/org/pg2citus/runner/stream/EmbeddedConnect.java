package org.pg2citus.runner.stream;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.cli.ConnectStandalone;
import org.apache.kafka.connect.runtime.Connect;
import org.pg2citus.runner.config.KafkaSettings;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/** A Connect worker inside this process, with its REST interface on loopback. */
public final class EmbeddedConnect implements AutoCloseable {

    private final Connect<?> connect;
    private final URI url;

    private EmbeddedConnect(Connect<?> connect, URI url) {
        this.connect = connect;
        this.url = url;
    }

    /**
     * Starts it.
     *
     * @param dataDir where it keeps the source's position
     * @throws MigrationException KC004 (exit code 8) when it does not start
     */
    public static EmbeddedConnect start(Path dataDir, KafkaSettings kafka, String bootstrapServers) {
        URI url = URI.create("http://127.0.0.1:" + FreePort.find());
        Map<String, String> properties = properties(dataDir, kafka, bootstrapServers);
        properties.put("listeners", url.toString());
        try {
            return new EmbeddedConnect(new ConnectStandalone().startConnect(properties), url);
        } catch (RuntimeException e) {
            throw new MigrationException(
                    ExitCode.KAFKA,
                    "KC004",
                    "the embedded Connect worker does not start: " + e.getMessage(),
                    "look at the log in the data folder",
                    e);
        }
    }

    private static Map<String, String> properties(Path dataDir, KafkaSettings kafka, String bootstrapServers) {
        Map<String, String> properties = new HashMap<>();
        for (Map.Entry<String, String> client : kafka.clientProperties().entrySet()) {
            for (String prefix : new String[] {"", "producer.", "consumer.", "admin."}) {
                properties.put(prefix + client.getKey(), client.getValue());
            }
        }
        properties.put("bootstrap.servers", bootstrapServers);
        properties.put("plugin.discovery", "service_load");
        properties.put("key.converter", "org.apache.kafka.connect.converters.ByteArrayConverter");
        properties.put("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter");
        properties.put(
                "offset.storage.file.filename",
                dataDir.resolve("connect.offsets").toString());
        properties.put("offset.flush.interval.ms", "1000");
        properties.put("connector.client.config.override.policy", "All");
        properties.put("config.providers", "pg2citus");
        properties.put("config.providers.pg2citus.class", Secrets.class.getName());
        properties.put("task.shutdown.graceful.timeout.ms", "15000");
        properties.put("topic.creation.enable", "false");
        return properties;
    }

    public URI url() {
        return url;
    }

    @Override
    public void close() {
        connect.stop();
        connect.awaitStop();
    }
}
