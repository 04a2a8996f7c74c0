package org.pg2citus.sink.catalog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.sink.change.TableId;

/**
 * Reads table descriptions from the target and keeps them as long as the session. The session's search_path must be
 * {@code pg_catalog}, so that names of types come out as they must go into SQL.
 */
public final class TargetCatalog {

    private static final String TABLE =
            """
            SELECT c.oid, c.relkind, c.relkind = 'r' AND c.relhassubclass
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = ?""";

    private static final String DISTRIBUTION =
            """
            SELECT partmethod, repmodel, colocationid, column_to_column_name(logicalrelid, partkey)
            FROM pg_dist_partition WHERE logicalrelid = ?::regclass""";

    /**
     * Types in their own right, domains replaced by what is below them. The operator families are those of the type, or
     * of the pseudo-type that stands for its class (a varchar compares as text, an enum as anyenum). Arrays and composites
     * count as without equality, because it fails at run time when their elements have none.
     */
    private static final String COLUMNS =
            """
            WITH RECURSIVE below(attnum, oid) AS (
              SELECT attnum, atttypid FROM pg_attribute WHERE attrelid = ? AND attnum > 0 AND NOT attisdropped
              UNION ALL
              SELECT below.attnum, t.typbasetype FROM below JOIN pg_type t ON t.oid = below.oid WHERE t.typtype = 'd')
            SELECT a.attname, format_type(t.oid, -1), t.oid <> a.atttypid,
                   CASE WHEN t.typarray <> 0 AND t.typdelim = ',' AND t.typtype <> 'c'
                             AND NOT (t.typelem <> 0 AND t.typlen = -1)
                        THEN format_type(t.typarray, -1) END,
                   a.attgenerated <> '', a.attidentity = 'a',
                   eq.nspname, eq.oprname,
                   t.typtype = 'e' OR t.typnamespace = 'pg_catalog'::regnamespace AND t.typname IN ('bool', 'int2',
                     'int4', 'int8', 'oid', 'text', 'varchar', 'bpchar', 'char', 'name', 'uuid', 'date', 'time',
                     'timestamp', 'timestamptz', 'bytea', 'pg_lsn', 'macaddr', 'macaddr8', 'inet', 'cidr')
                     AND coalesce(k.collisdeterministic, true)
            FROM below
            JOIN pg_type t ON t.oid = below.oid AND t.typtype <> 'd'
            JOIN pg_attribute a ON a.attrelid = ? AND a.attnum = below.attnum
            LEFT JOIN pg_collation k ON k.oid = a.attcollation
            LEFT JOIN LATERAL (
              SELECT n.nspname, o.oprname
              FROM pg_opclass c
              JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amoplefttype = c.opcintype
                AND m.amoprighttype = c.opcintype
                AND m.amopstrategy = CASE c.opcmethod WHEN 403 THEN 3 ELSE 1 END
              JOIN pg_operator o ON o.oid = m.amopopr
              JOIN pg_namespace n ON n.oid = o.oprnamespace
              WHERE c.opcdefault AND c.opcmethod IN (403, 405)
                AND c.opcintype = CASE WHEN t.oid = 'varchar'::regtype THEN 'text'::regtype
                                       WHEN t.typtype = 'e' THEN 'anyenum'::regtype
                                       WHEN t.typtype = 'r' THEN 'anyrange'::regtype
                                       WHEN t.typtype = 'm' THEN to_regtype('anymultirange')
                                       ELSE t.oid END
              ORDER BY c.opcmethod LIMIT 1) eq ON true
            ORDER BY a.attnum""";

    private static final String UNIQUE_INDEXES =
            """
            SELECT c.relname, i.indisunique AND i.indisvalid, i.indexprs IS NOT NULL OR i.indpred IS NOT NULL,
                   ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid
                         AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = ? AND (i.indisunique OR i.indisexclusion) ORDER BY c.relname""";

    private static final String FOREIGN_KEYS =
            """
            SELECT k.conname, cn.nspname, c.relname, pn.nspname, p.relname, k.confdeltype IN ('c', 'n', 'd')
            FROM pg_constraint k
            JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
            JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
            WHERE k.contype = 'f' AND (k.conrelid = ? OR k.confrelid = ?) ORDER BY k.conname, 2, 3""";

    private final Connection connection;
    private final boolean citus;
    private final Map<TableId, TargetTable> tables = new HashMap<>();

    /** @param citus true when the database has the Citus extension */
    public TargetCatalog(Connection connection, boolean citus) {
        this.connection = connection;
        this.citus = citus;
    }

    /** True when the database has the Citus extension. */
    public static boolean hasCitus(Connection connection) throws SQLException {
        try (PreparedStatement query =
                        connection.prepareStatement("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus'");
                ResultSet row = query.executeQuery()) {
            return row.next();
        }
    }

    /** The table as it was when first asked for; empty when the target has no such table. */
    public Optional<TargetTable> table(TableId id) throws SQLException {
        TargetTable known = tables.get(id);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<TargetTable> read = read(id);
        read.ifPresent(table -> tables.put(id, table));
        return read;
    }

    /** Forgets the table, so that the next question reads it again. */
    public void forget(TableId id) {
        tables.remove(id);
    }

    /** Forgets all tables: somebody may have changed them. */
    public void forgetAll() {
        tables.clear();
    }

    private Optional<TargetTable> read(TableId id) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(TABLE)) {
            query.setString(1, id.schema());
            query.setString(2, id.name());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                long oid = row.getLong(1);
                String relkind = row.getString(2);
                if (!relkind.equals("r") && !relkind.equals("p")) {
                    return Optional.empty();
                }
                Distribution distribution = distribution(oid);
                return Optional.of(new TargetTable(
                        id,
                        distribution.kind(),
                        relkind.equals("p"),
                        row.getBoolean(3),
                        columns(oid),
                        distribution.column(),
                        distribution.colocationId(),
                        uniqueIndexes(oid),
                        foreignKeys(oid)));
            }
        }
    }

    private record Distribution(TableKind kind, Optional<String> column, int colocationId) {
        static final Distribution NONE = new Distribution(TableKind.PLAIN, Optional.empty(), 0);

        static Distribution of(String method, String replicationModel, int colocationId, String column)
                throws SQLException {
            return switch (method) {
                case "h" -> new Distribution(TableKind.DISTRIBUTED, Optional.of(column), colocationId);
                case "n" ->
                    new Distribution(
                            replicationModel.equals("t")
                                    ? TableKind.REFERENCE
                                    : colocationId == 0 ? TableKind.CITUS_LOCAL : TableKind.SINGLE_SHARD,
                            Optional.empty(),
                            colocationId);
                // Append and range distribution: rows cannot be routed by the hash of a value.
                default -> throw new SQLException("unsupported distribution method " + method, "0A000");
            };
        }
    }

    private Distribution distribution(long oid) throws SQLException {
        if (!citus) {
            return Distribution.NONE;
        }
        try (PreparedStatement query = connection.prepareStatement(DISTRIBUTION)) {
            query.setLong(1, oid);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Distribution.of(row.getString(1), row.getString(2), row.getInt(3), row.getString(4))
                        : Distribution.NONE;
            }
        }
    }

    private Map<String, TargetColumn> columns(long oid) throws SQLException {
        Map<String, TargetColumn> columns = new LinkedHashMap<>();
        try (PreparedStatement query = connection.prepareStatement(COLUMNS)) {
            query.setLong(1, oid);
            query.setLong(2, oid);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    String name = row.getString(1);
                    columns.put(
                            name,
                            new TargetColumn(
                                    name,
                                    row.getString(2),
                                    row.getBoolean(3),
                                    Optional.ofNullable(row.getString(4)),
                                    row.getBoolean(5),
                                    row.getBoolean(6),
                                    operator(row.getString(7), row.getString(8)),
                                    row.getBoolean(9)));
                }
            }
        }
        return columns;
    }

    /** An operator of an extension is not in pg_catalog, and the plain name would then find another: citext's text = text. */
    private static Optional<String> operator(String schema, String name) {
        if (name == null) {
            return Optional.empty();
        }
        return Optional.of(schema.equals("pg_catalog") ? name : "OPERATOR(" + TableId.quote(schema) + "." + name + ")");
    }

    private List<UniqueIndex> uniqueIndexes(long oid) throws SQLException {
        List<UniqueIndex> indexes = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(UNIQUE_INDEXES)) {
            query.setLong(1, oid);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    String[] columns = (String[]) row.getArray(4).getArray();
                    indexes.add(
                            new UniqueIndex(row.getString(1), Set.of(columns), row.getBoolean(2), row.getBoolean(3)));
                }
            }
        }
        return indexes;
    }

    private List<ForeignKey> foreignKeys(long oid) throws SQLException {
        List<ForeignKey> keys = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(FOREIGN_KEYS)) {
            query.setLong(1, oid);
            query.setLong(2, oid);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    keys.add(new ForeignKey(
                            row.getString(1),
                            new TableId(row.getString(2), row.getString(3)),
                            new TableId(row.getString(4), row.getString(5)),
                            row.getBoolean(6)));
                }
            }
        }
        return keys;
    }
}
