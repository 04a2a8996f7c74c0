package org.pg2citus.source.slot;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.connect.source.SourceRecord;
import org.pg2citus.source.pgoutput.PgOutputDecoder;
import org.pg2citus.source.record.TopicRecords;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Reads the slot in the thread that Debezium gives to it, and puts finished records into the queue.
 *
 * <p>Debezium's processor is not called: its event model costs ten times what the records cost, and changes values on
 * the way. Only this thread touches the driver's stream, which is not thread-safe: a confirmation is left in a variable
 * and sent from here.
 */
final class SlotStream implements ReplicationStream {

    private static final int MAX_BATCH_MESSAGES = 2_000;
    private static final long MAX_BATCH_BYTES = 4 << 20;
    private static final long STATUS_INTERVAL_MS = 1_000;

    private final PGReplicationStream stream;
    private final LogSequenceNumber startLsn;
    private final TopicRecords records;
    private final PgOutputDecoder decoder;
    private final RecordQueue queue;
    private final long markIntervalNanos;
    private final AtomicLong confirmable;
    private long confirmedLsn;
    private long untakenBytes;
    private long lastRecordNanos = System.nanoTime();

    SlotStream(
            PGReplicationStream stream,
            LogSequenceNumber startLsn,
            TopicRecords records,
            RecordQueue queue,
            long markIntervalMs,
            AtomicLong confirmable) {
        this.stream = stream;
        this.startLsn = startLsn;
        this.records = records;
        this.decoder = new PgOutputDecoder(records);
        this.queue = queue;
        this.markIntervalNanos = TimeUnit.MILLISECONDS.toNanos(markIntervalMs);
        this.confirmable = confirmable;
        this.confirmedLsn = startLsn.asLong();
    }

    @Override
    public boolean readPending(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        sendConfirmation();
        int messages = 0;
        long bytes = 0;
        boolean drained = false;
        while (!drained && messages < MAX_BATCH_MESSAGES && bytes < MAX_BATCH_BYTES) {
            ByteBuffer message = stream.readPending();
            if (message == null) {
                drained = true;
            } else {
                messages++;
                bytes += message.remaining();
                decoder.decode(message, stream.getLastReceiveLSN().asLong());
            }
        }
        if (drained && !records.isInTransaction()) {
            // With nothing pending this is the last keepalive's position: the server has decoded everything before it,
            // published or not, and sent what there was to send.
            records.readUpTo(stream.getLastReceiveLSN().asLong());
        }
        if (records.isMarkDue() && System.nanoTime() - lastRecordNanos >= markIntervalNanos) {
            records.mark();
        }
        untakenBytes += bytes;
        List<SourceRecord> batch = records.take(System.currentTimeMillis(), drained);
        if (!batch.isEmpty()) {
            put(batch, untakenBytes);
            untakenBytes = 0;
            lastRecordNanos = System.nanoTime();
        }
        return messages > 0;
    }

    private void put(List<SourceRecord> batch, long bytes) throws SQLException, InterruptedException {
        while (!queue.offer(batch, bytes, STATUS_INTERVAL_MS)) {
            // Nobody reads the stream meanwhile: without this the server ends the session after wal_sender_timeout.
            stream.forceUpdateStatus();
        }
    }

    private void sendConfirmation() throws SQLException {
        long lsn = confirmable.get();
        if (Long.compareUnsigned(lsn, confirmedLsn) > 0) {
            confirmedLsn = lsn;
            stream.setFlushedLSN(LogSequenceNumber.valueOf(lsn));
            stream.setAppliedLSN(LogSequenceNumber.valueOf(lsn));
            stream.forceUpdateStatus();
        }
    }

    @Override
    public void read(ReplicationMessageProcessor processor) {
        throw new AssertionError("Debezium reads with readPending");
    }

    /** Confirmations come from {@link SlotConnection#confirm}, not from Debezium's offsets. */
    @Override
    public void flushLsn(Lsn lsn) {}

    @Override
    public Lsn lastReceivedLsn() {
        return Lsn.valueOf(stream.getLastReceiveLSN().asLong());
    }

    @Override
    public Lsn startLsn() {
        return Lsn.valueOf(startLsn.asLong());
    }

    /** Not needed: the reading thread itself sends the status, also while it waits for room in the queue. */
    @Override
    public void startKeepAlive(ExecutorService service) {
        service.shutdown();
    }

    @Override
    public void stopKeepAlive() {}

    /** Sends the last confirmation; to be called when the reading thread has ended. */
    @Override
    public void close() throws SQLException {
        sendConfirmation();
    }
}
