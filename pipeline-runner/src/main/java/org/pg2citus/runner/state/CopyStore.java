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
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.KeyOrder;

/**
 * The copy's part of the schema {@code pg2citus}: the ledger, which the sink reads, too; the plan of how large tables are
 * divided, indexes to build again, and how far a running copy is. The connection is the caller's.
 */
public final class CopyStore {

    // Plain tables, also on Citus: only the ledger has to be atomic with the data, and that is the sink's schema.
    private static final List<String> TABLES = List.of(
            """
            CREATE TABLE IF NOT EXISTS pg2citus.copy_plan (
              pipeline text,
              table_schema text,
              table_name text,
              chunk int,
              key_column text,
              key_order text,
              key_from text,
              key_to text,
              leaf_schema text,
              leaf_name text,
              block_from bigint,
              block_to bigint,
              size_bytes bigint NOT NULL,
              PRIMARY KEY (pipeline, table_schema, table_name, chunk))""",
            """
            CREATE TABLE IF NOT EXISTS pg2citus.deferred_index (
              pipeline text,
              index_schema text,
              index_name text,
              table_schema text NOT NULL,
              table_name text NOT NULL,
              definition text NOT NULL,
              PRIMARY KEY (pipeline, index_schema, index_name))""",
            """
            CREATE TABLE IF NOT EXISTS pg2citus.copy_progress (
              pipeline text PRIMARY KEY,
              measured_at timestamptz NOT NULL,
              rows_per_second double precision NOT NULL,
              bytes_per_second double precision NOT NULL,
              seconds_left bigint,
              tables jsonb NOT NULL
            ) WITH (fillfactor = 10)""");

    private static final String INSERT_PLAN =
            """
            INSERT INTO pg2citus.copy_plan (pipeline, table_schema, table_name, chunk, key_column, key_order, key_from,
              key_to, leaf_schema, leaf_name, block_from, block_to, size_bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    private static final String READ_PLAN =
            """
            SELECT table_schema, table_name, chunk, key_column, key_order, key_from, key_to, leaf_schema, leaf_name,
                   block_from, block_to, size_bytes
            FROM pg2citus.copy_plan WHERE pipeline = ? ORDER BY table_schema, table_name, chunk""";

    private static final String INSERT_TABLE =
            """
            INSERT INTO pg2citus.copied_table (pipeline, table_schema, table_name, copy_lsn, rows_copied, bytes_copied,
              started_at, finished_at)
            VALUES (?, ?, ?, ?::pg_lsn, ?, ?, ?, ?)""";

    private static final String INSERT_CHUNK =
            """
            INSERT INTO pg2citus.copied_chunk (pipeline, table_schema, table_name, copy_lsn, rows_copied, bytes_copied,
              started_at, finished_at, chunk, key_column, key_order, key_from, key_to)
            VALUES (?, ?, ?, ?::pg_lsn, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    /** Enough for a person; a database may have tens of thousands of tables. */
    private static final int MAX_PROGRESS_TABLES = 200;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;

    /** @param name the migration's name */
    public CopyStore(String name) {
        this.name = name;
    }

    /** Creates what is missing; the schema exists. */
    void create(Connection target) throws SQLException {
        try (Statement statement = target.createStatement()) {
            for (String table : TABLES) {
                statement.execute(table);
            }
        }
    }

    /** Reads the ledger and the plan. */
    public CopyState read(Connection target) throws SQLException {
        return new CopyState(whole(target), plans(target), parts(target));
    }

    private Map<TableId, CopiedTable> whole(Connection target) throws SQLException {
        Map<TableId, CopiedTable> copied = new LinkedHashMap<>();
        if (!StateTables.exists(target, "copied_table")) {
            return copied;
        }
        try (PreparedStatement statement = target.prepareStatement(
                """
                SELECT table_schema, table_name, copy_lsn, rows_copied, bytes_copied, started_at, finished_at
                FROM pg2citus.copied_table WHERE pipeline = ? ORDER BY finished_at""")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    TableId table = new TableId(row.getString(1), row.getString(2));
                    copied.put(
                            table,
                            new CopiedTable(
                                    table,
                                    Lsn.parse(row.getString(3)),
                                    row.getLong(4),
                                    row.getLong(5),
                                    row.getTimestamp(6).toInstant(),
                                    row.getTimestamp(7).toInstant()));
                }
            }
        }
        return copied;
    }

    private Map<TableId, List<Chunk>> plans(Connection target) throws SQLException {
        Map<TableId, List<Chunk>> plans = new HashMap<>();
        if (!StateTables.exists(target, "copy_plan")) {
            return plans;
        }
        try (PreparedStatement statement = target.prepareStatement(READ_PLAN)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    TableId table = new TableId(row.getString(1), row.getString(2));
                    plans.computeIfAbsent(table, id -> new ArrayList<>())
                            .add(new Chunk(table, row.getInt(3), range(row), row.getLong(12)));
                }
            }
        }
        return plans;
    }

    private static ChunkRange range(ResultSet row) throws SQLException {
        if (row.getString(4) != null) {
            return new ChunkRange.Keys(
                    row.getString(4),
                    KeyOrder.valueOf(row.getString(5)),
                    Optional.ofNullable(row.getString(6)),
                    Optional.ofNullable(row.getString(7)));
        }
        long blockTo = row.getLong(11);
        return new ChunkRange.Blocks(
                new TableId(row.getString(8), row.getString(9)),
                row.getLong(10),
                row.getObject(11) == null ? OptionalLong.empty() : OptionalLong.of(blockTo));
    }

    private Map<TableId, Map<Integer, CopiedChunk>> parts(Connection target) throws SQLException {
        Map<TableId, Map<Integer, CopiedChunk>> parts = new HashMap<>();
        if (!StateTables.exists(target, "copied_chunk")) {
            return parts;
        }
        try (PreparedStatement statement = target.prepareStatement(
                """
                SELECT table_schema, table_name, chunk, copy_lsn, rows_copied, bytes_copied, started_at, finished_at,
                       is_discarded
                FROM pg2citus.copied_chunk WHERE pipeline = ?""")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    parts.computeIfAbsent(new TableId(row.getString(1), row.getString(2)), id -> new HashMap<>())
                            .put(
                                    row.getInt(3),
                                    new CopiedChunk(
                                            row.getInt(3),
                                            Lsn.parse(row.getString(4)),
                                            row.getLong(5),
                                            row.getLong(6),
                                            row.getTimestamp(7).toInstant(),
                                            row.getTimestamp(8).toInstant(),
                                            row.getBoolean(9)));
                }
            }
        }
        return parts;
    }

    /** Remembers how a table is divided, all or nothing. The connection must be in autocommit mode. */
    public void savePlan(Connection target, List<Chunk> chunks) throws SQLException {
        target.setAutoCommit(false);
        try (PreparedStatement insert = target.prepareStatement(INSERT_PLAN)) {
            for (Chunk chunk : chunks) {
                setPlan(insert, chunk);
                insert.addBatch();
            }
            insert.executeBatch();
            target.commit();
        } finally {
            if (!target.isClosed()) {
                target.rollback();
                target.setAutoCommit(true);
            }
        }
    }

    private void setPlan(PreparedStatement insert, Chunk chunk) throws SQLException {
        insert.setString(1, name);
        insert.setString(2, chunk.table().schema());
        insert.setString(3, chunk.table().name());
        insert.setInt(4, chunk.number());
        setKeys(insert, 5, chunk.range());
        if (chunk.range() instanceof ChunkRange.Blocks blocks) {
            insert.setString(9, blocks.leaf().schema());
            insert.setString(10, blocks.leaf().name());
            insert.setLong(11, blocks.from());
            insert.setObject(12, blocks.to().isPresent() ? blocks.to().getAsLong() : null, Types.BIGINT);
        } else {
            insert.setNull(9, Types.VARCHAR);
            insert.setNull(10, Types.VARCHAR);
            insert.setNull(11, Types.BIGINT);
            insert.setNull(12, Types.BIGINT);
        }
        insert.setLong(13, chunk.sizeBytes());
    }

    private static void setKeys(PreparedStatement insert, int first, ChunkRange range) throws SQLException {
        Optional<ChunkRange.Keys> keys =
                range instanceof ChunkRange.Keys present ? Optional.of(present) : Optional.empty();
        insert.setString(first, keys.map(ChunkRange.Keys::column).orElse(null));
        insert.setString(
                first + 1, keys.map(ChunkRange.Keys::order).map(KeyOrder::name).orElse(null));
        insert.setString(first + 2, keys.flatMap(ChunkRange.Keys::from).orElse(null));
        insert.setString(first + 3, keys.flatMap(ChunkRange.Keys::to).orElse(null));
    }

    /** Enters a chunk in the ledger, as the last statement of the transaction that copies it. */
    public void recordCopied(Connection inTransaction, Chunk chunk, CopiedChunk copied) throws SQLException {
        try (PreparedStatement insert = inTransaction.prepareStatement(chunk.isWhole() ? INSERT_TABLE : INSERT_CHUNK)) {
            insert.setString(1, name);
            insert.setString(2, chunk.table().schema());
            insert.setString(3, chunk.table().name());
            insert.setString(4, copied.copyLsn().toString());
            insert.setLong(5, copied.rows());
            insert.setLong(6, copied.bytes());
            insert.setTimestamp(7, Timestamp.from(copied.startedAt()));
            insert.setTimestamp(8, Timestamp.from(copied.finishedAt()));
            if (!chunk.isWhole()) {
                insert.setInt(9, chunk.number());
                setKeys(insert, 10, chunk.range());
            }
            insert.executeUpdate();
        }
    }

    /** Whether a chunk is in the ledger: tells the outcome of a commit whose answer was lost. */
    public Optional<CopiedChunk> find(Connection target, Chunk chunk) throws SQLException {
        if (chunk.isWhole()) {
            CopiedTable table = whole(target).get(chunk.table());
            return Optional.ofNullable(table)
                    .map(copied -> new CopiedChunk(
                            0,
                            copied.copyLsn(),
                            copied.rows(),
                            copied.bytes(),
                            copied.startedAt(),
                            copied.finishedAt(),
                            false));
        }
        return Optional.ofNullable(
                parts(target).getOrDefault(chunk.table(), Map.of()).get(chunk.number()));
    }

    /** Forgets what is copied of a table, and how it is divided: in the transaction that empties it. */
    public void forget(Connection inTransaction, TableId table) throws SQLException {
        for (String ledger : List.of("copied_chunk", "copy_plan")) {
            try (PreparedStatement delete = inTransaction.prepareStatement(
                    "DELETE FROM pg2citus.%s WHERE pipeline = ? AND table_schema = ? AND table_name = ?"
                            .formatted(ledger))) {
                delete.setString(1, name);
                delete.setString(2, table.schema());
                delete.setString(3, table.name());
                delete.executeUpdate();
            }
        }
    }

    /** Remembers an index before it is dropped. */
    public void rememberIndex(Connection target, DeferredIndex index) throws SQLException {
        try (PreparedStatement insert = target.prepareStatement(
                "INSERT INTO pg2citus.deferred_index (pipeline, index_schema, index_name, table_schema, table_name,"
                        + " definition) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            insert.setString(1, name);
            insert.setString(2, index.schema());
            insert.setString(3, index.name());
            insert.setString(4, index.table().schema());
            insert.setString(5, index.table().name());
            insert.setString(6, index.definition());
            insert.executeUpdate();
        }
    }

    /** The indexes that are to be there at the end of the copy, and may not be. */
    public List<DeferredIndex> deferredIndexes(Connection target) throws SQLException {
        List<DeferredIndex> indexes = new ArrayList<>();
        if (!StateTables.exists(target, "deferred_index")) {
            return indexes;
        }
        try (PreparedStatement query = target.prepareStatement(
                """
                SELECT index_schema, index_name, table_schema, table_name, definition
                FROM pg2citus.deferred_index WHERE pipeline = ? ORDER BY 3, 4, 1, 2""")) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    indexes.add(new DeferredIndex(
                            row.getString(1),
                            row.getString(2),
                            new TableId(row.getString(3), row.getString(4)),
                            row.getString(5)));
                }
            }
        }
        return indexes;
    }

    /** The index is there again. */
    public void forgetIndex(Connection target, DeferredIndex index) throws SQLException {
        try (PreparedStatement delete = target.prepareStatement(
                "DELETE FROM pg2citus.deferred_index WHERE pipeline = ? AND index_schema = ? AND index_name = ?")) {
            delete.setString(1, name);
            delete.setString(2, index.schema());
            delete.setString(3, index.name());
            delete.executeUpdate();
        }
    }

    /** Leaves for {@code status} how far a running copy is: tables under way only, the others are in the ledger. */
    public void recordProgress(Connection target, CopyProgressed progress) throws SQLException {
        ArrayNode tables = JSON.createArrayNode();
        progress.tables().stream()
                .filter(table -> table.state() == TableProgress.State.COPYING)
                .limit(MAX_PROGRESS_TABLES)
                .forEach(table -> tables.addObject()
                        .put("schema", table.table().schema())
                        .put("table", table.table().name())
                        .put("rows", table.rows())
                        .put("bytes", table.bytes())
                        .put("estimatedRows", table.estimatedRows())
                        .put("rowsPerSecond", table.rowsPerSecond())
                        .put("bytesPerSecond", table.bytesPerSecond())
                        .put(
                                "secondsLeft",
                                table.timeLeft().map(Duration::toSeconds).orElse(null)));
        try (PreparedStatement upsert = target.prepareStatement(
                """
                INSERT INTO pg2citus.copy_progress VALUES (?, now(), ?, ?, ?, ?::jsonb)
                ON CONFLICT (pipeline) DO UPDATE SET measured_at = excluded.measured_at,
                  rows_per_second = excluded.rows_per_second, bytes_per_second = excluded.bytes_per_second,
                  seconds_left = excluded.seconds_left, tables = excluded.tables""")) {
            upsert.setString(1, name);
            upsert.setDouble(2, progress.rowsPerSecond());
            upsert.setDouble(3, progress.bytesPerSecond());
            upsert.setObject(4, progress.timeLeft().map(Duration::toSeconds).orElse(null), Types.BIGINT);
            upsert.setString(5, tables.toString());
            upsert.executeUpdate();
        }
    }

    /** What a running copy left in the last minute. */
    public Optional<CopyProgressed> recentProgress(Connection target) throws SQLException {
        if (!StateTables.exists(target, "copy_progress")) {
            return Optional.empty();
        }
        try (PreparedStatement query = target.prepareStatement(
                """
                SELECT rows_per_second, bytes_per_second, seconds_left, tables FROM pg2citus.copy_progress
                WHERE pipeline = ? AND measured_at > now() - interval '1 min'""")) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(new CopyProgressed(
                                tables(row.getString(4)), row.getDouble(1), row.getDouble(2), seconds((Long)
                                        row.getObject(3))))
                        : Optional.empty();
            }
        }
    }

    private static List<TableProgress> tables(String json) {
        try {
            List<TableProgress> tables = new ArrayList<>();
            for (JsonNode table : JSON.readTree(json)) {
                tables.add(new TableProgress(
                        new TableId(
                                table.get("schema").asText(), table.get("table").asText()),
                        TableProgress.State.COPYING,
                        table.get("rows").asLong(),
                        table.get("bytes").asLong(),
                        table.get("estimatedRows").asLong(),
                        table.get("rowsPerSecond").asDouble(),
                        table.get("bytesPerSecond").asDouble(),
                        table.get("secondsLeft").isNull()
                                ? Optional.empty()
                                : seconds(table.get("secondsLeft").asLong())));
            }
            return tables;
        } catch (JsonProcessingException e) {
            throw new AssertionError("jsonb is JSON", e);
        }
    }

    private static Optional<Duration> seconds(Long seconds) {
        return Optional.ofNullable(seconds).map(Duration::ofSeconds);
    }
}
