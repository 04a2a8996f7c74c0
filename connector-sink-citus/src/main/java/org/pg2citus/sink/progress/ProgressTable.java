package org.pg2citus.sink.progress;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.HaltException;

/**
 * The row of {@code pg2citus.progress} that belongs to one pipeline.
 *
 * <p>Who claims it raises its epoch; a write under an older epoch finds no row. So of two tasks with the same pipeline
 * only the later one can commit, and of one task only its newest session.
 *
 * <p>The epoch's upper bits number the tasks, the lower {@value #SESSION_BITS} bits the sessions of one task: a task that
 * lost its connection while it claimed the row can still tell its own claim from another task's.
 */
public final class ProgressTable {

    private static final int SESSION_BITS = 20;

    private static final String INSERT =
            "INSERT INTO pg2citus.progress (pipeline, epoch, applied_lsn) VALUES (?, 0, '0/0') ON CONFLICT DO NOTHING";

    /** A new task's claim. An offset counts only for the topic that it belongs to. */
    private static final String CLAIM =
            """
            UPDATE pg2citus.progress
            SET epoch = ((epoch >> %d) + 1) << %d,
                next_offset = CASE WHEN topic = ? AND topic_partition = ? THEN next_offset END,
                next_offsets = CASE WHEN topic = ? AND topic_partition = ? THEN next_offsets END,
                topic = ?,
                topic_partition = ?
            WHERE pipeline = ?
            RETURNING epoch"""
                    .formatted(SESSION_BITS, SESSION_BITS);

    /** A new session's claim, of the same task. */
    private static final String RECLAIM =
            """
            UPDATE pg2citus.progress SET epoch = epoch + 1
            WHERE pipeline = ? AND epoch >> %d = ?
            RETURNING epoch"""
                    .formatted(SESSION_BITS);

    private static final String OWNED =
            "SELECT 1 FROM pg2citus.progress WHERE pipeline = ? AND epoch >> %d = ?".formatted(SESSION_BITS);

    private static final String READ =
            """
            SELECT applied_lsn, next_offset, seen_lsn, hold_at_lsn, rows_applied, transactions_applied, next_offsets
            FROM pg2citus.progress WHERE pipeline = ? AND epoch = ?""";

    private static final String WRITE =
            """
            UPDATE pg2citus.progress
            SET applied_lsn = ?::pg_lsn, next_offset = ?, seen_lsn = ?::pg_lsn, rows_applied = ?,
                transactions_applied = ?, next_offsets = ?::jsonb, applied_at = statement_timestamp()
            WHERE pipeline = ? AND epoch = ?
            RETURNING hold_at_lsn""";

    private static final String SNAPSHOTS =
            "SELECT table_schema, table_name, snapshot_lsn FROM pg2citus.snapshot_table WHERE pipeline = ?";

    private static final String SNAPSHOT =
            """
            INSERT INTO pg2citus.snapshot_table (pipeline, table_schema, table_name, snapshot_lsn)
            VALUES (?, ?, ?, ?::pg_lsn)""";

    private final String pipeline;
    private final String topic;
    private final int partition;

    /** The epoch of the newest claim; negative before the first. */
    private long epoch = -1;

    public ProgressTable(String pipeline, String topic, int partition) {
        this.pipeline = requireNonNull(pipeline, "pipeline is null");
        this.topic = requireNonNull(topic, "topic is null");
        this.partition = partition;
    }

    /**
     * Fails early, before anything is done to other sessions.
     *
     * @throws HaltException AP007 when another task has claimed the pipeline since this one did
     */
    public void requireNotFenced(Connection connection) throws SQLException {
        if (epoch < 0) {
            return;
        }
        try (PreparedStatement query = connection.prepareStatement(OWNED)) {
            query.setString(1, pipeline);
            query.setLong(2, epoch >> SESSION_BITS);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw fenced();
                }
            }
        }
    }

    /**
     * Fences every older task and session. The connection must be in autocommit mode.
     *
     * @throws HaltException AP007 when another task has claimed the pipeline since this one did
     */
    public void claim(Connection connection) throws SQLException {
        if (epoch < 0) {
            try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
                insert.setString(1, pipeline);
                insert.executeUpdate();
            }
        }
        try (PreparedStatement update = connection.prepareStatement(epoch < 0 ? CLAIM : RECLAIM)) {
            if (epoch < 0) {
                update.setString(1, topic);
                update.setInt(2, partition);
                update.setString(3, topic);
                update.setInt(4, partition);
                update.setString(5, topic);
                update.setInt(6, partition);
                update.setString(7, pipeline);
            } else {
                update.setString(1, pipeline);
                update.setLong(2, epoch >> SESSION_BITS);
            }
            try (ResultSet row = update.executeQuery()) {
                if (!row.next()) {
                    throw fenced();
                }
                epoch = row.getLong(1);
            }
        }
    }

    /**
     * Reads the progress under the own claim.
     *
     * @throws HaltException AP007 when another task has claimed the pipeline
     */
    public Progress read(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(READ)) {
            query.setString(1, pipeline);
            query.setLong(2, epoch);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw fenced();
                }
                String nextOffset = row.getString(2);
                return new Progress(
                        Lsn.parse(row.getString(1)),
                        nextOffset == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(nextOffset)),
                        lsn(row.getString(3)),
                        lsn(row.getString(4)),
                        row.getLong(5),
                        row.getLong(6),
                        OffsetsText.parse(row.getString(7)),
                        Map.of());
            }
        }
    }

    /**
     * Writes the progress; to be called last in the transaction that applies.
     *
     * @return the progress with what others now ask for in {@code hold_at_lsn}
     * @throws HaltException AP007 when another task or session has claimed the pipeline
     */
    public Progress write(Connection connection, Progress next) throws SQLException {
        writeSnapshots(connection, next.newSnapshots());
        try (PreparedStatement update = connection.prepareStatement(WRITE)) {
            update.setString(1, next.appliedLsn().toString());
            if (next.nextOffset().isPresent()) {
                update.setLong(2, next.nextOffset().getAsLong());
            } else {
                update.setNull(2, Types.BIGINT);
            }
            update.setString(3, next.seenLsn().map(Lsn::toString).orElse(null));
            update.setLong(4, next.rowsApplied());
            update.setLong(5, next.transactionsApplied());
            update.setString(6, next.nextOffsets().isEmpty() ? null : OffsetsText.of(next.nextOffsets()));
            update.setString(7, pipeline);
            update.setLong(8, epoch);
            try (ResultSet row = update.executeQuery()) {
                if (!row.next()) {
                    throw fenced();
                }
                return next.holdingAt(lsn(row.getString(1)));
            }
        }
    }

    /** What the copies of tables hold already. */
    public CopyLedger copyLedger(Connection connection) throws SQLException {
        return CopyLedger.read(connection, pipeline);
    }

    /** Leaves word that a table has to be copied anew. The connection must be in autocommit mode. */
    public void discardCopy(Connection connection, TableId table) throws SQLException {
        CopyLedger.discard(connection, pipeline, table);
    }

    /** For each table of which rows of a snapshot of the source are applied, where that was taken. */
    public Map<TableId, Lsn> snapshotLsns(Connection connection) throws SQLException {
        Map<TableId, Lsn> tables = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(SNAPSHOTS)) {
            query.setString(1, pipeline);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    tables.put(new TableId(row.getString(1), row.getString(2)), Lsn.parse(row.getString(3)));
                }
            }
        }
        return tables;
    }

    private void writeSnapshots(Connection connection, Map<TableId, Lsn> snapshots) throws SQLException {
        if (snapshots.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(SNAPSHOT)) {
            for (Map.Entry<TableId, Lsn> snapshot : snapshots.entrySet()) {
                insert.setString(1, pipeline);
                insert.setString(2, snapshot.getKey().schema());
                insert.setString(3, snapshot.getKey().name());
                insert.setString(4, snapshot.getValue().toString());
                insert.executeUpdate();
            }
        }
    }

    private static Optional<Lsn> lsn(String text) {
        return Optional.ofNullable(text).map(Lsn::parse);
    }

    private HaltException fenced() {
        return new HaltException(
                "AP007",
                "another task has taken over pipeline %s (pg2citus.progress has a newer epoch); this one wrote nothing"
                                .formatted(pipeline)
                        + " more. If there is no other task on purpose, stop the one that should not run.");
    }
}
