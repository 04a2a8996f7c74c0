package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.state.SourceIdentity;
import org.pg2citus.sink.change.Lsn;
import org.postgresql.PGConnection;
import org.postgresql.replication.ReplicationSlotInfo;
import org.postgresql.replication.fluent.logical.ChainedLogicalCreateSlotBuilder;

/**
 * A snapshot of the source that is exactly at a slot's consistent point: it shows everything that committed before
 * {@link #lsn}, and the slot brings everything after. Lasts as long as its session, which must stay idle.
 *
 * <p>Source: <a href="https://www.postgresql.org/docs/current/protocol-replication.html">CREATE_REPLICATION_SLOT</a>.
 */
public final class ExportedSnapshot implements AutoCloseable {

    private final Connection connection;
    private final ReplicationSlotInfo slot;

    private ExportedSnapshot(Connection connection, ReplicationSlotInfo slot) {
        this.connection = connection;
        this.slot = slot;
    }

    /** Opens the session that is to make a slot. */
    public static Connection openSession(Server source) {
        return source.connectForReplication("snapshot");
    }

    /**
     * Makes a slot and keeps its snapshot. Waits for transactions that are open on the source now.
     *
     * @param session from {@link #openSession}; closed with the snapshot
     * @param temporary the slot ends with the session: for the snapshot only
     */
    public static ExportedSnapshot create(Connection session, String slotName, boolean temporary) throws SQLException {
        ChainedLogicalCreateSlotBuilder builder = session.unwrap(PGConnection.class)
                .getReplicationAPI()
                .createReplicationSlot()
                .logical()
                .withSlotName(slotName)
                .withOutputPlugin("pgoutput");
        if (temporary) {
            builder.withTemporaryOption();
        }
        return new ExportedSnapshot(session, builder.make());
    }

    /** Which cluster the session is in. */
    public static SourceIdentity identify(Connection session) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            row.next();
            return new SourceIdentity(row.getString("systemid"), row.getInt("timeline"), row.getString("dbname"));
        }
    }

    /** The consistent point. */
    public Lsn lsn() {
        return new Lsn(slot.getConsistentPoint().asLong());
    }

    /** What {@code SET TRANSACTION SNAPSHOT} takes. */
    public String name() {
        return slot.getSnapshotName();
    }

    /** Begins a transaction in the session that reads what the snapshot shows. */
    public void enter(Connection session) throws SQLException {
        session.setAutoCommit(false);
        session.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        session.setReadOnly(true);
        try (Statement statement = session.createStatement()) {
            statement.execute("SET TRANSACTION SNAPSHOT '%s'".formatted(name()));
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
