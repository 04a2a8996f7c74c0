package org.pg2citus.runner.stream;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.Secret;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.sink.change.Lsn;

/** The configurations of the two connectors, in one place. */
public final class Connectors {

    // By name: the connectors are plugins that only Connect loads.
    private static final String SOURCE_CLASS = "org.pg2citus.source.PostgresSourceConnector";
    private static final String SINK_CLASS = "org.pg2citus.sink.CitusSinkConnector";

    private static final String BYTES_CONVERTER = "org.apache.kafka.connect.converters.ByteArrayConverter";

    private final MigrationSettings settings;

    public Connectors(MigrationSettings settings) {
        this.settings = settings;
    }

    public String sourceName() {
        return "pg2citus-%s-source".formatted(settings.name());
    }

    public String sinkName() {
        return "pg2citus-%s-sink".formatted(settings.name());
    }

    /** WAL to topic. */
    public Map<String, String> source(MigrationState state) {
        ServerAddress server = settings.source();
        Map<String, String> config = new LinkedHashMap<>();
        config.put("connector.class", SOURCE_CLASS);
        config.put("tasks.max", "1");
        config.put("database.hostname", server.host());
        config.put("database.port", Integer.toString(server.port()));
        config.put("database.user", server.user());
        password("source", server.password()).ifPresent(password -> config.put("database.password", password));
        config.put("database.dbname", server.database());
        server.parameters().forEach((key, value) -> {
            if (key.startsWith("ssl")) {
                config.put("database." + key, value);
            }
        });
        config.put("slot.name", state.slot());
        config.put("publication.name", state.publication());
        config.put("slot.system.identifier", state.source().systemIdentifier());
        state.slotLsn().map(Lsn::toString).ifPresent(lsn -> config.put("slot.creation.lsn", lsn));
        config.put("topic.prefix", "pg2citus_" + settings.name());
        config.put("topic", settings.kafka().topic());
        config.put("producer.override.enable.idempotence", "true");
        config.put("producer.override.acks", "all");
        config.put("producer.override.compression.type", "lz4");
        config.put("producer.override.linger.ms", "5");
        // Above the size of the source's records, so that small ones still share a batch.
        config.put("producer.override.batch.size", Integer.toString(1 << 20));
        config.put("producer.override.buffer.memory", Integer.toString(EmbeddedKafka.MAX_RECORD_BYTES));
        config.put("producer.override.max.request.size", Integer.toString(EmbeddedKafka.MAX_RECORD_BYTES));
        converters(config);
        return config;
    }

    /** Topic to target. */
    public Map<String, String> sink() {
        ServerAddress server = settings.target();
        Map<String, String> config = new LinkedHashMap<>();
        config.put("connector.class", SINK_CLASS);
        config.put("tasks.max", "1");
        config.put("topics", settings.kafka().topic());
        config.put("pipeline", settings.name());
        config.put("connection.url", server.jdbcUrl());
        config.put("connection.user", server.user());
        password("target", server.password()).ifPresent(password -> config.put("connection.password", password));
        config.put("consumer.override.auto.offset.reset", "earliest");
        // The next task takes over at once from one that was killed, instead of waiting until Kafka misses that.
        config.put("consumer.override.group.instance.id", settings.name());
        config.put("consumer.override.isolation.level", "read_committed");
        config.put("consumer.override.max.poll.records", "1000");
        config.put("consumer.override.max.partition.fetch.bytes", Integer.toString(8 << 20));
        converters(config);
        return config;
    }

    /** The source's records are bytes already. */
    private static void converters(Map<String, String> config) {
        config.put("key.converter", BYTES_CONVERTER);
        config.put("value.converter", BYTES_CONVERTER);
    }

    /** Workers elsewhere have no access to this process's memory: they are given the password itself. */
    private Optional<String> password(String side, Optional<Secret> secret) {
        return secret.map(known -> settings.connectUrl().isPresent()
                ? known.value()
                : Secrets.reference(settings.name() + "." + side, known));
    }
}
