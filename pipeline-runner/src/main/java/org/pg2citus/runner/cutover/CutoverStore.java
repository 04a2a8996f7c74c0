package org.pg2citus.runner.cutover;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import org.pg2citus.runner.state.StateTables;
import org.pg2citus.sink.change.Lsn;

/** The state of a cutover in the target's schema {@code pg2citus}: any command can go on from anywhere. */
public final class CutoverStore {

    // A plain table, also on Citus: it is written by itself, never together with data.
    private static final String TABLE =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.cutover (
              name text PRIMARY KEY,
              step text NOT NULL,
              fence_lsn pg_lsn,
              fenced_at timestamptz,
              finished_at timestamptz
            )""";

    private final String name;

    public CutoverStore(String name) {
        this.name = name;
    }

    /** Empty when none was begun, or it was aborted. */
    public Optional<CutoverState> load(Connection target) throws SQLException {
        if (!StateTables.exists(target, "cutover")) {
            return Optional.empty();
        }
        try (PreparedStatement query = target.prepareStatement(
                "SELECT step, fence_lsn, fenced_at, finished_at FROM pg2citus.cutover WHERE name = ?")) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(new CutoverState(
                                CutoverStep.valueOf(row.getString(1)),
                                Optional.ofNullable(row.getString(2)).map(Lsn::parse),
                                instant(row.getTimestamp(3)),
                                instant(row.getTimestamp(4))))
                        : Optional.empty();
            }
        }
    }

    void save(Connection target, CutoverState state) throws SQLException {
        try (Statement statement = target.createStatement()) {
            statement.execute(TABLE);
        }
        try (PreparedStatement upsert = target.prepareStatement(
                """
                INSERT INTO pg2citus.cutover (name, step, fence_lsn, fenced_at, finished_at)
                VALUES (?, ?, ?::pg_lsn, ?, ?)
                ON CONFLICT (name) DO UPDATE SET step = excluded.step, fence_lsn = excluded.fence_lsn,
                  fenced_at = excluded.fenced_at, finished_at = excluded.finished_at""")) {
            upsert.setString(1, name);
            upsert.setString(2, state.step().name());
            upsert.setString(3, state.fenceLsn().map(Lsn::toString).orElse(null));
            upsert.setTimestamp(4, state.fencedAt().map(Timestamp::from).orElse(null));
            upsert.setTimestamp(5, state.finishedAt().map(Timestamp::from).orElse(null));
            upsert.executeUpdate();
        }
    }

    /** Forgets it. */
    public void delete(Connection target) throws SQLException {
        if (StateTables.exists(target, "cutover")) {
            try (PreparedStatement delete = target.prepareStatement("DELETE FROM pg2citus.cutover WHERE name = ?")) {
                delete.setString(1, name);
                delete.executeUpdate();
            }
        }
    }

    private static Optional<Instant> instant(Timestamp timestamp) {
        return Optional.ofNullable(timestamp).map(Timestamp::toInstant);
    }
}
