package org.pg2citus.source;

import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresOffsetContext;
import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.connector.postgresql.PostgresSchema;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.record.SourcePosition;
import org.pg2citus.source.slot.RecordQueue;
import org.pg2citus.source.slot.SlotConnection;
import org.pg2citus.source.slot.SlotSession;

/**
 * Debezium's task, with three things of our own: it starts where the slot stands, it reads the stream with our decoder,
 * and it confirms to the slot what Connect has stored as acknowledged by Kafka.
 */
public final class PostgresSourceTask extends PostgresConnectorTask {

    private static final long POLL_TIMEOUT_MS = 100;

    private final AtomicBoolean offsetsWereStored = new AtomicBoolean();
    private volatile SourceFault lostRecord;
    private SourceTaskContext connect;
    private SourceConfig config;
    private SlotSession session;
    private volatile SlotConnection connection;
    private volatile RecordQueue queue;

    /** For Connect. */
    public PostgresSourceTask() {}

    @Override
    public String version() {
        return SourceVersion.version();
    }

    @Override
    public void initialize(SourceTaskContext context) {
        connect = context;
        super.initialize(new NoStoredOffsets(context));
    }

    @Override
    public ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> start(Configuration settings) {
        config = new SourceConfig(settings.asMap());
        queue = new RecordQueue(config.queueBytes());
        Configuration debezium = Configuration.from(config.debezium());
        session = openSession(new PostgresConnectorConfig(debezium));
        try {
            return super.start(debezium);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    private SlotSession openSession(PostgresConnectorConfig debezium) {
        try {
            return SlotSession.open(debezium.getJdbcConfig(), config.expectedSlot(), this::stored);
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            // Connection trouble, a server that starts or stops, too many connections: time mends it.
            if (state.startsWith("08") || state.startsWith("57") || state.startsWith("53")) {
                throw new RetriableException("the source cannot be reached: " + e.getMessage(), e);
            }
            throw SourceFault.of("SR002", "the source refuses the session that reads the slot", e);
        }
    }

    @Override
    protected ReplicationConnection buildReplicationConnection(
            PostgresConnection catalog, PostgresSchema schema, PostgresConnectorConfig debezium) {
        connection = new SlotConnection(
                session, config.name(), config.format(), new CatalogKeys(catalog), queue, config.markIntervalMs());
        return connection;
    }

    @Override
    public List<SourceRecord> doPoll() throws InterruptedException {
        if (lostRecord != null) {
            throw lostRecord;
        }
        if (offsetsWereStored.getAndSet(false)) {
            confirmStored();
        }
        List<SourceRecord> records = queue.poll(POLL_TIMEOUT_MS);
        if (!records.isEmpty()) {
            return records;
        }
        try {
            // Nothing of ours goes through Debezium's queue: polling it tells whether the reading thread failed.
            return super.doPoll();
        } catch (RuntimeException e) {
            queue.close();
            throw e;
        }
    }

    /** Connect calls this when it has stored the offsets of records that Kafka acknowledged. */
    @Override
    public void commit() {
        offsetsWereStored.set(true);
    }

    /** Debezium calls this once, before it stops the reading thread. */
    @Override
    public void performCommit() {
        if (connection != null) {
            confirmStored();
            queue.close();
        }
    }

    @Override
    public void commitRecord(SourceRecord sourceRecord, RecordMetadata metadata) {
        if (metadata == null) {
            lostRecord = new SourceFault(
                    "SR030",
                    "a record did not get into topic %s: a transformation dropped it, or Kafka refused it and errors are tolerated. Remove what drops records; the slot still has it"
                            .formatted(sourceRecord.topic()));
        }
    }

    private void confirmStored() {
        stored().ifPresent(position -> connection.confirm(position.lsn()));
    }

    private Optional<SourcePosition.Stored> stored() {
        return SourcePosition.stored(connect.offsetStorageReader().offset(SourcePosition.partition(config.name())));
    }
}
