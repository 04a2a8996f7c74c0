package org.pg2citus.source.slot;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.WalPositionLocator;
import io.debezium.connector.postgresql.spi.SlotCreationResult;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.record.RecordFormat;
import org.pg2citus.source.record.RowKeys;
import org.pg2citus.source.record.TopicRecords;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.postgresql.util.PSQLState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Debezium's view of the slot: it opens the stream here, and only from where the slot stands. */
public final class SlotConnection implements ReplicationConnection {

    private static final Logger LOG = LoggerFactory.getLogger(SlotConnection.class);
    private static final int STATUS_INTERVAL_MS = 1_000;
    private static final long IN_USE_WAIT_MS = 1_000;
    /** The server notices a dead reader after {@code wal_sender_timeout}, by default one minute. */
    private static final int IN_USE_ATTEMPTS = 90;

    private final SlotSession session;
    private final String name;
    private final RecordFormat format;
    private final RowKeys rowKeys;
    private final RecordQueue queue;
    private final long markIntervalMs;
    private final AtomicLong confirmable = new AtomicLong();
    private SlotStream stream;

    public SlotConnection(
            SlotSession session,
            String name,
            RecordFormat format,
            RowKeys rowKeys,
            RecordQueue queue,
            long markIntervalMs) {
        this.session = session;
        this.name = name;
        this.format = format;
        this.rowKeys = rowKeys;
        this.queue = queue;
        this.markIntervalMs = markIntervalMs;
    }

    /** Everything before this position is durable: the server may forget it. Sent by the reading thread. */
    public void confirm(long lsn) {
        confirmable.accumulateAndGet(lsn, (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b);
    }

    @Override
    public ReplicationStream startStreaming(WalPositionLocator walPosition) throws SQLException, InterruptedException {
        LogSequenceNumber start = session.startLsn();
        PGReplicationStream replicationStream = open(start);
        TopicRecords records =
                format.records(session.position(name), session.completeLsn().asLong(), rowKeys);
        stream = new SlotStream(replicationStream, start, records, queue, markIntervalMs, confirmable);
        return stream;
    }

    /** A stored position is never used: Debezium 3.6 can lose changes when it searches for it in the stream. */
    @Override
    public ReplicationStream startStreaming(Lsn offset, WalPositionLocator walPosition)
            throws SQLException, InterruptedException {
        throw new AssertionError("streaming starts where the slot stands, not at " + offset);
    }

    private PGReplicationStream open(LogSequenceNumber start) throws SQLException, InterruptedException {
        ExpectedSlot expected = session.expected();
        for (int attempt = 1; ; attempt++) {
            try {
                return session.replication()
                        .getReplicationAPI()
                        .replicationStream()
                        .logical()
                        .withSlotName(expected.slot())
                        .withStartPosition(start)
                        .withAutomaticFlush(false)
                        .withSlotOption("proto_version", 1)
                        .withSlotOption("publication_names", quoted(expected.publication()))
                        .withSlotOption("messages", true)
                        .withStatusInterval(STATUS_INTERVAL_MS, TimeUnit.MILLISECONDS)
                        .start();
            } catch (SQLException e) {
                throwUnlessInUse(expected.slot(), e, attempt);
                LOG.info("Replication slot {} is in use; attempt {} of {}", expected.slot(), attempt, IN_USE_ATTEMPTS);
                Thread.sleep(IN_USE_WAIT_MS);
            }
        }
    }

    private static void throwUnlessInUse(String slot, SQLException e, int attempt) throws SQLException {
        String state = String.valueOf(e.getSQLState());
        if (state.equals(PSQLState.OBJECT_IN_USE.getState()) && attempt < IN_USE_ATTEMPTS) {
            return;
        }
        if (state.equals(PSQLState.OBJECT_IN_USE.getState())) {
            throw SourceFault.of(
                    "SR017", "replication slot %s is in use by another session. End it".formatted(slot), e);
        }
        if (state.startsWith("08") || state.startsWith("57")) {
            throw e;
        }
        throw SourceFault.of("SR011", "replication slot %s cannot be read".formatted(slot), e);
    }

    private static String quoted(String identifier) {
        // An identifier within a string: the driver escapes neither.
        return '"' + identifier.replace("\"", "\"\"").replace("'", "''") + '"';
    }

    @Override
    public Optional<SlotCreationResult> createReplicationSlot() {
        throw new AssertionError("the slot was checked before: it exists");
    }

    @Override
    public void initConnection() {}

    @Override
    public boolean isConnected() throws SQLException {
        return session.isConnected();
    }

    @Override
    public void reconnect() {
        throw new AssertionError("Debezium reconnects only to search for a stored position");
    }

    @Override
    public void close() throws SQLException {
        try {
            if (stream != null) {
                stream.close();
            }
        } finally {
            session.close();
        }
    }
}
