package org.pg2citus.runner.watch;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.runner.state.StateTables;

/**
 * How a running migration is, in the target's schema {@code pg2citus}: rates need a memory, which {@code status} has not.
 */
public final class HealthStore {

    // A plain table, also on Citus: it is written by itself, never together with data.
    private static final String TABLE =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.health (
              name text PRIMARY KEY,
              state text NOT NULL,
              cause_code text,
              cause text,
              remedy text,
              stalled_ms bigint NOT NULL,
              wal_bytes_per_second bigint,
              wal_bytes_left bigint,
              runway_s bigint,
              caught_up_in_s bigint,
              topic_lag bigint,
              oldest_transaction text,
              measured_at timestamptz NOT NULL
            )""";

    private static final String SAVE =
            """
            INSERT INTO pg2citus.health VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now())
            ON CONFLICT (name) DO UPDATE SET state = excluded.state, cause_code = excluded.cause_code,
              cause = excluded.cause, remedy = excluded.remedy, stalled_ms = excluded.stalled_ms,
              wal_bytes_per_second = excluded.wal_bytes_per_second, wal_bytes_left = excluded.wal_bytes_left,
              runway_s = excluded.runway_s, caught_up_in_s = excluded.caught_up_in_s,
              topic_lag = excluded.topic_lag,
              oldest_transaction = excluded.oldest_transaction, measured_at = excluded.measured_at""";

    private static final String RECENT =
            """
            SELECT state, cause_code, cause, remedy, stalled_ms, wal_bytes_per_second, wal_bytes_left, runway_s,
                   caught_up_in_s, topic_lag, oldest_transaction
            FROM pg2citus.health WHERE name = ? AND measured_at > now() - interval '1 min'""";

    private final String name;
    private boolean created;

    public HealthStore(String name) {
        this.name = name;
    }

    public void save(Connection target, Health health) throws SQLException {
        if (!created) {
            try (Statement statement = target.createStatement()) {
                statement.execute(TABLE);
            }
            created = true;
        }
        try (PreparedStatement upsert = target.prepareStatement(SAVE)) {
            upsert.setString(1, name);
            upsert.setString(2, health.state().name());
            upsert.setString(3, health.cause().map(Cause::code).orElse(null));
            upsert.setString(4, health.cause().map(Cause::message).orElse(null));
            upsert.setString(5, health.cause().map(Cause::remedy).orElse(null));
            upsert.setLong(6, health.stalledFor().toMillis());
            number(upsert, 7, health.walBytesPerSecond());
            number(upsert, 8, health.walBytesLeft());
            number(upsert, 9, seconds(health.runway()));
            number(upsert, 10, seconds(health.caughtUpIn()));
            number(upsert, 11, health.topicLag());
            upsert.setString(12, health.oldestTransaction().orElse(null));
            upsert.executeUpdate();
        }
    }

    /** What a running migration left, if it did so in the last minute. */
    public Optional<Health> recent(Connection target) throws SQLException {
        if (!StateTables.exists(target, "health")) {
            return Optional.empty();
        }
        try (PreparedStatement query = target.prepareStatement(RECENT)) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(health(row)) : Optional.empty();
            }
        }
    }

    /** Forgets it. */
    public void delete(Connection target) throws SQLException {
        if (StateTables.exists(target, "health")) {
            try (PreparedStatement delete = target.prepareStatement("DELETE FROM pg2citus.health WHERE name = ?")) {
                delete.setString(1, name);
                delete.executeUpdate();
            }
        }
    }

    private static Health health(ResultSet row) throws SQLException {
        String code = row.getString(2);
        return new Health(
                Health.State.valueOf(row.getString(1)),
                code == null ? Optional.empty() : Optional.of(new Cause(code, row.getString(3), row.getString(4))),
                Duration.ofMillis(row.getLong(5)),
                number(row, 6),
                number(row, 7),
                duration(number(row, 8)),
                duration(number(row, 9)),
                number(row, 10),
                Optional.ofNullable(row.getString(11)));
    }

    private static OptionalLong seconds(Optional<Duration> duration) {
        return duration.isPresent() ? OptionalLong.of(duration.get().toSeconds()) : OptionalLong.empty();
    }

    private static Optional<Duration> duration(OptionalLong seconds) {
        return seconds.isPresent() ? Optional.of(Duration.ofSeconds(seconds.getAsLong())) : Optional.empty();
    }

    private static void number(PreparedStatement statement, int index, OptionalLong value) throws SQLException {
        if (value.isPresent()) {
            statement.setLong(index, value.getAsLong());
        } else {
            statement.setNull(index, Types.BIGINT);
        }
    }

    private static OptionalLong number(ResultSet row, int index) throws SQLException {
        long value = row.getLong(index);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
