package org.pg2citus.runner.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.StateSchema;

/**
 * The state of one migration in the target's schema {@code pg2citus}. The connection is the caller's, in autocommit
 * mode, and may be replaced by another after a loss: nothing is kept here.
 */
public final class MigrationStore {

    /** What has rows of a pipeline, besides the migration itself. */
    private static final List<String> STATE_TABLES = List.of(
            "copied_table",
            "copied_chunk",
            "copy_plan",
            "copy_progress",
            "deferred_index",
            "snapshot_table",
            "sent_columns",
            "progress");

    // A plain table, also on Citus: its writes need no atomicity with the data, as the ledger's and the progress' do.
    private static final String MIGRATION =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.migration (
              name text PRIMARY KEY,
              phase text NOT NULL,
              source_system_identifier text NOT NULL,
              source_timeline int NOT NULL,
              source_database text NOT NULL,
              slot_name text NOT NULL,
              publication_name text NOT NULL,
              slot_lsn pg_lsn,
              tables jsonb NOT NULL,
              kafka_cluster_id text,
              topic text,
              topic_id text,
              lag_ms bigint,
              lag_measured_at timestamptz,
              started_at timestamptz NOT NULL DEFAULT now(),
              updated_at timestamptz NOT NULL DEFAULT now())""";

    private static final String LOAD =
            """
            SELECT phase, source_system_identifier, source_timeline, source_database, slot_name, publication_name,
                   slot_lsn, tables, kafka_cluster_id, topic, topic_id
            FROM pg2citus.migration WHERE name = ?""";

    private static final String SAVE =
            """
            INSERT INTO pg2citus.migration (name, phase, source_system_identifier, source_timeline, source_database,
              slot_name, publication_name, slot_lsn, tables, kafka_cluster_id, topic, topic_id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?::pg_lsn, ?::jsonb, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET phase = excluded.phase,
              source_system_identifier = excluded.source_system_identifier,
              source_timeline = excluded.source_timeline, source_database = excluded.source_database,
              slot_name = excluded.slot_name, publication_name = excluded.publication_name,
              slot_lsn = excluded.slot_lsn, tables = excluded.tables,
              kafka_cluster_id = excluded.kafka_cluster_id, topic = excluded.topic, topic_id = excluded.topic_id,
              updated_at = now()""";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private final CopyStore copies;

    public MigrationStore(String name) {
        this.name = name;
        this.copies = new CopyStore(name);
    }

    /** Creates what is missing of the schema. */
    public void create(Connection target) throws SQLException {
        StateSchema.create(target);
        try (Statement statement = target.createStatement()) {
            statement.execute(MIGRATION);
        }
        copies.create(target);
    }

    /**
     * The migration, which must be there.
     *
     * @param address of the target, for the message
     * @throws MigrationException ST004 (exit code 3) when the target knows no such migration
     */
    public MigrationState require(Connection target, ServerAddress address) throws SQLException {
        return load(target)
                .orElseThrow(() -> new MigrationException(
                        ExitCode.STATE,
                        "ST004",
                        "target %s knows no migration named %s".formatted(address, name),
                        "check target.uri and --name; pg2citus migrate begins one"));
    }

    /** Empty when this migration never began here. */
    public Optional<MigrationState> load(Connection target) throws SQLException {
        if (!StateTables.exists(target, "migration")) {
            return Optional.empty();
        }
        try (PreparedStatement statement = target.prepareStatement(LOAD)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(state(row)) : Optional.empty();
            }
        }
    }

    public void save(Connection target, MigrationState state) throws SQLException {
        try (PreparedStatement statement = target.prepareStatement(SAVE)) {
            statement.setString(1, state.name());
            statement.setString(2, state.phase().name());
            statement.setString(3, state.source().systemIdentifier());
            statement.setInt(4, state.source().timeline());
            statement.setString(5, state.source().database());
            statement.setString(6, state.slot());
            statement.setString(7, state.publication());
            statement.setString(8, state.slotLsn().map(Lsn::toString).orElse(null));
            statement.setString(9, json(state.tables()));
            statement.setString(10, state.topic().map(TopicIdentity::clusterId).orElse(null));
            statement.setString(11, state.topic().map(TopicIdentity::topic).orElse(null));
            statement.setString(12, state.topic().map(TopicIdentity::topicId).orElse(null));
            statement.executeUpdate();
        }
    }

    /** Forgets a migration that never got beyond preparing. */
    public void delete(Connection target) throws SQLException {
        try (PreparedStatement statement = target.prepareStatement("DELETE FROM pg2citus.migration WHERE name = ?")) {
            statement.setString(1, name);
            statement.executeUpdate();
        }
    }

    /** Forgets a migration with its ledger and its progress. */
    public void forget(Connection target) throws SQLException {
        for (String table : STATE_TABLES) {
            if (StateTables.exists(target, table)) {
                try (PreparedStatement statement =
                        target.prepareStatement("DELETE FROM pg2citus.%s WHERE pipeline = ?".formatted(table))) {
                    statement.setString(1, name);
                    statement.executeUpdate();
                }
            }
        }
        // Last: while it is there, the cleanup can be run again.
        delete(target);
    }

    /** The copy's part of the state. */
    public CopyStore copies() {
        return copies;
    }

    public AppliedProgress progress(Connection target) throws SQLException {
        if (!StateTables.exists(target, "progress")) {
            return AppliedProgress.NONE;
        }
        try (PreparedStatement statement = target.prepareStatement(
                """
                SELECT greatest(applied_lsn, seen_lsn), next_offset, rows_applied, transactions_applied
                FROM pg2citus.progress WHERE pipeline = ?""")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return AppliedProgress.NONE;
                }
                long nextOffset = row.getLong(2);
                return new AppliedProgress(
                        Lsn.parse(row.getString(1)),
                        row.wasNull() ? OptionalLong.empty() : OptionalLong.of(nextOffset),
                        row.getLong(3),
                        row.getLong(4));
            }
        }
    }

    /** Forgets the place in a topic that is no more; what is applied stays known by LSN. */
    public void forgetOffset(Connection target) throws SQLException {
        try (PreparedStatement statement =
                target.prepareStatement("UPDATE pg2citus.progress SET next_offset = NULL WHERE pipeline = ?")) {
            statement.setString(1, name);
            statement.executeUpdate();
        }
    }

    /** Leaves the measured lag for {@code status}, which has no history of its own to measure time with. */
    public void recordLag(Connection target, Optional<Long> lagMs) throws SQLException {
        try (PreparedStatement statement = target.prepareStatement(
                "UPDATE pg2citus.migration SET lag_ms = ?, lag_measured_at = now() WHERE name = ?")) {
            statement.setObject(1, lagMs.orElse(null), Types.BIGINT);
            statement.setString(2, name);
            statement.executeUpdate();
        }
    }

    /** The lag that a running migration left, if it did so in the last minute. */
    public Optional<Long> recentLagMs(Connection target) throws SQLException {
        try (PreparedStatement statement = target.prepareStatement(
                "SELECT lag_ms FROM pg2citus.migration WHERE name = ? AND lag_measured_at > now() - interval '1 min'")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.ofNullable((Long) row.getObject(1)) : Optional.empty();
            }
        }
    }

    private MigrationState state(ResultSet row) throws SQLException {
        String topic = row.getString(10);
        return new MigrationState(
                name,
                Phase.valueOf(row.getString(1)),
                new SourceIdentity(row.getString(2), row.getInt(3), row.getString(4)),
                row.getString(5),
                row.getString(6),
                Optional.ofNullable(row.getString(7)).map(Lsn::parse),
                tables(row.getString(8)),
                topic == null
                        ? Optional.empty()
                        : Optional.of(new TopicIdentity(row.getString(9), topic, row.getString(11))));
    }

    private static String json(List<TableId> tables) {
        ArrayNode all = JSON.createArrayNode();
        tables.forEach(table -> all.addArray().add(table.schema()).add(table.name()));
        return all.toString();
    }

    private static List<TableId> tables(String json) {
        try {
            List<TableId> tables = new ArrayList<>();
            for (JsonNode pair : JSON.readTree(json)) {
                tables.add(new TableId(pair.get(0).asText(), pair.get(1).asText()));
            }
            return tables;
        } catch (JsonProcessingException e) {
            throw new AssertionError("jsonb is JSON", e);
        }
    }
}
