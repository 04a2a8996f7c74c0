package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.state.StateTables;
import org.pg2citus.sink.change.Lsn;

/** The open schema change of a migration, in the target's schema {@code pg2citus}: any command can go on from anywhere. */
public final class SchemaChangeStore {

    // A plain table, also on Citus. Its one write beside a change of tables is atomic with it: Citus commits those in
    // two
    // phases, and the coordinator's own commit decides.
    private static final String TABLE =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.schema_change (
              name text PRIMARY KEY,
              step text NOT NULL,
              since timestamptz NOT NULL,
              held_at_lsn pg_lsn NOT NULL,
              source_sql text,
              target_sql text[],
              own_target_file boolean NOT NULL,
              source_lsn pg_lsn,
              source_xid text,
              tables jsonb
            )""";

    private static final String LOAD =
            """
            SELECT step, since, held_at_lsn, source_sql, target_sql, own_target_file, source_lsn, source_xid, tables
            FROM pg2citus.schema_change WHERE name = ?""";

    private static final String SAVE =
            """
            INSERT INTO pg2citus.schema_change (name, step, since, held_at_lsn, source_sql, target_sql, own_target_file,
              source_lsn, source_xid, tables)
            VALUES (?, ?, ?, ?::pg_lsn, ?, ?, ?, ?::pg_lsn, ?, ?::jsonb)
            ON CONFLICT (name) DO UPDATE SET step = excluded.step, since = excluded.since,
              held_at_lsn = excluded.held_at_lsn, source_sql = excluded.source_sql, target_sql = excluded.target_sql,
              own_target_file = excluded.own_target_file, source_lsn = excluded.source_lsn,
              source_xid = excluded.source_xid, tables = excluded.tables""";

    private final String name;

    public SchemaChangeStore(String name) {
        this.name = name;
    }

    /** Empty when none is open. */
    public Optional<SchemaChange> load(Connection target) throws SQLException {
        if (!StateTables.exists(target, "schema_change")) {
            return Optional.empty();
        }
        try (PreparedStatement query = target.prepareStatement(LOAD)) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(change(row)) : Optional.empty();
            }
        }
    }

    /**
     * Keeps a command from something that an open schema change does not allow.
     *
     * @param doing for the message, for example {@code a cutover}
     * @throws MigrationException SC002 when one is open
     */
    public void refuseOpen(Connection target, String doing) throws SQLException {
        Optional<SchemaChange> open = load(target);
        if (open.isPresent()) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "SC002",
                    "a schema change is open since %s (%s): %s would meet tables that differ, or a sink that is held"
                            .formatted(open.get().since(), open.get().step(), doing),
                    open.get().next());
        }
    }

    void create(Connection target) throws SQLException {
        try (Statement statement = target.createStatement()) {
            statement.execute(TABLE);
        }
    }

    void save(Connection target, SchemaChange change) throws SQLException {
        try (PreparedStatement upsert = target.prepareStatement(SAVE)) {
            upsert.setString(1, name);
            upsert.setString(2, change.step().name());
            upsert.setTimestamp(3, Timestamp.from(change.since()));
            upsert.setString(4, change.heldAt().toString());
            upsert.setString(5, change.script().map(ChangeScript::source).orElse(null));
            upsert.setArray(
                    6,
                    change.script().isEmpty()
                            ? null
                            : target.createArrayOf(
                                    "text", change.script().get().target().toArray()));
            upsert.setBoolean(
                    7, change.script().map(ChangeScript::ownTargetFile).orElse(false));
            upsert.setString(
                    8, change.commit().map(commit -> commit.lsn().toString()).orElse(null));
            upsert.setString(
                    9, change.commit().map(SchemaChange.SourceCommit::xid).orElse(null));
            upsert.setString(
                    10, change.commit().map(commit -> commit.tables().toJson()).orElse(null));
            upsert.executeUpdate();
        }
    }

    /** Forgets it. */
    public void delete(Connection target) throws SQLException {
        if (StateTables.exists(target, "schema_change")) {
            try (PreparedStatement delete =
                    target.prepareStatement("DELETE FROM pg2citus.schema_change WHERE name = ?")) {
                delete.setString(1, name);
                delete.executeUpdate();
            }
        }
    }

    private static SchemaChange change(ResultSet row) throws SQLException {
        String source = row.getString(4);
        Optional<ChangeScript> script = source == null
                ? Optional.empty()
                : Optional.of(new ChangeScript(
                        source, List.of((String[]) row.getArray(5).getArray()), row.getBoolean(6)));
        String lsn = row.getString(7);
        Optional<SchemaChange.SourceCommit> commit = lsn == null
                ? Optional.empty()
                : Optional.of(new SchemaChange.SourceCommit(
                        Lsn.parse(lsn), row.getString(8), TableChanges.ofJson(row.getString(9))));
        return new SchemaChange(
                ChangeStep.valueOf(row.getString(1)),
                row.getTimestamp(2).toInstant(),
                Lsn.parse(row.getString(3)),
                script,
                commit);
    }
}
