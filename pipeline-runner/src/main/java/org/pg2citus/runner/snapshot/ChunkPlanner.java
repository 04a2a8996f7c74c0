package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.config.CopySettings;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.KeyOrder;

/**
 * Decides how each table is divided. By ranges of the key where that is as good, or asked for: these can be joined also when
 * they come from different snapshots. Else by ranges of blocks.
 */
public final class ChunkPlanner {

    private static final int MIN_SAMPLED_BLOCKS = 300;
    private static final int MAX_SAMPLED_BLOCKS = 3_000;
    private static final int SAMPLED_BLOCKS_PER_CHUNK = 4;

    /** The first column of the primary key, if that is what identifies rows in the WAL, also with FULL. */
    private static final String KEY =
            """
            SELECT a.attname, format_type(a.atttypid, NULL)
            FROM pg_class c
            JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indisvalid
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
            WHERE c.oid = ?::regclass AND c.relreplident IN ('d', 'f')""";

    // pg_partition_tree gives nothing for a table that is not partitioned.
    private static final String LEAVES =
            """
            SELECT n.nspname, c.relname, pg_relation_size(c.oid) / current_setting('block_size')::int,
                   am.amname IS NOT DISTINCT FROM 'heap'
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_am am ON am.oid = c.relam
            WHERE c.relkind <> 'p' AND (c.oid = ?::regclass
              OR c.oid IN (SELECT t.relid FROM pg_partition_tree(?::regclass) t WHERE t.isleaf))
            ORDER BY 1, 2""";

    private final Connection source;
    private final CopySettings settings;
    private final Map<TableId, List<Set<String>>> uniqueOnTarget;

    /**
     * Plans with what it finds on the source.
     *
     * @param uniqueOnTarget for each table of the target the columns of each unique or excluding index
     */
    public ChunkPlanner(Connection source, CopySettings settings, Map<TableId, List<Set<String>>> uniqueOnTarget) {
        this.source = source;
        this.settings = settings;
        this.uniqueOnTarget = uniqueOnTarget;
    }

    /**
     * The table's chunks; a single whole one when it is small or cannot be divided.
     *
     * @return empty when somebody holds, or waits for, a lock against reading it; see {@link LockWait}
     */
    public Optional<List<Chunk>> plan(Table table) throws SQLException {
        source.setAutoCommit(false);
        try (Statement statement = source.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = " + LockWait.LOCK_TIMEOUT_MS);
            return Optional.of(divided(table));
        } catch (SQLException e) {
            if (LockWait.isRefusal(e)) {
                return Optional.empty();
            }
            throw e;
        } finally {
            if (!source.isClosed()) {
                source.rollback();
                source.setAutoCommit(true);
            }
        }
    }

    private List<Chunk> divided(Table table) throws SQLException {
        int count = ChunkPlan.count(table, settings.chunkBytes());
        List<Chunk> whole = List.of(Chunk.whole(table.id(), table.sizeBytes()));
        if (count < 2) {
            return whole;
        }
        Optional<List<ChunkPlan.Leaf>> leaves = leaves(table);
        List<Chunk> byKeys = leaves.isEmpty() ? List.of() : byKeys(table, leaves.get(), count);
        if (!byKeys.isEmpty()) {
            return byKeys;
        }
        return leaves.map(heap -> ChunkPlan.byBlocks(table, heap, count)).orElse(whole);
    }

    private List<Chunk> byKeys(Table table, List<ChunkPlan.Leaf> leaves, int count) throws SQLException {
        try (PreparedStatement query = source.prepareStatement(KEY)) {
            query.setString(1, table.id().toSql());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return List.of();
                }
                String column = row.getString(1);
                Optional<KeyOrder> order = order(row.getString(2));
                if (order.isEmpty() || !isRangeUnique(table.id(), column)) {
                    return List.of();
                }
                double leastOrder = settings.byKey() ? 0 : ChunkPlan.MIN_ORDER;
                return ChunkPlan.byKeys(
                        table, column, order.get(), sample(table, column, leaves, count), count, leastOrder);
            }
        }
    }

    /** Types whose order we can compute, also in the sink. */
    private static Optional<KeyOrder> order(String type) {
        return switch (type) {
            case "smallint", "integer", "bigint" -> Optional.of(KeyOrder.INTEGER);
            case "uuid" -> Optional.of(KeyOrder.UUID);
            default -> Optional.empty();
        };
    }

    /**
     * Ranges from different snapshots may have the same value in a unique column, because it moved from a row of one to a
     * row of the other; not in an index that the key is part of.
     */
    private boolean isRangeUnique(TableId table, String column) {
        return uniqueOnTarget.getOrDefault(table, List.of()).stream().allMatch(index -> index.contains(column));
    }

    /** Keys in the order of the disk. */
    private List<String> sample(Table table, String column, List<ChunkPlan.Leaf> leaves, int count)
            throws SQLException {
        long blocks =
                Math.max(1, leaves.stream().mapToLong(ChunkPlan.Leaf::blocks).sum());
        long wanted =
                Math.min(MAX_SAMPLED_BLOCKS, Math.max(MIN_SAMPLED_BLOCKS, (long) SAMPLED_BLOCKS_PER_CHUNK * count));
        double percent = Math.min(100, 100.0 * wanted / blocks);
        List<String> keys = new ArrayList<>();
        try (Statement query = source.createStatement();
                ResultSet row = query.executeQuery("SELECT %1$s::text FROM %2$s TABLESAMPLE SYSTEM (%3$s)"
                        .formatted(
                                TableId.quote(column),
                                CopySql.rows(table),
                                String.format(Locale.ROOT, "%.6f", percent)))) {
            while (row.next()) {
                keys.add(row.getString(1));
            }
        }
        return keys;
    }

    /** Empty when one has not PostgreSQL's own way to store rows, and thus no blocks that we know. */
    private Optional<List<ChunkPlan.Leaf>> leaves(Table table) throws SQLException {
        List<ChunkPlan.Leaf> leaves = new ArrayList<>();
        try (PreparedStatement query = source.prepareStatement(LEAVES)) {
            query.setString(1, table.id().toSql());
            query.setString(2, table.id().toSql());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    if (!row.getBoolean(4)) {
                        return Optional.empty();
                    }
                    leaves.add(new ChunkPlan.Leaf(new TableId(row.getString(1), row.getString(2)), row.getLong(3)));
                }
            }
        }
        return Optional.of(leaves);
    }
}
