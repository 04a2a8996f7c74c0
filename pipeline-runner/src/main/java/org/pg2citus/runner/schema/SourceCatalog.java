package org.pg2citus.runner.schema;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.config.TableFilter;
import org.pg2citus.sink.change.TableId;

/** Reads what the planner looks at from the source's catalog. */
final class SourceCatalog {

    // Every relation that holds rows, with the root of its partitions. A partition is in the statistics of its root.
    private static final String RELATIONS =
            """
            SELECT n.nspname, c.relname, rn.nspname, r.relname
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_class r ON c.relispartition AND r.oid = pg_partition_root(c.oid)
            LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
            WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\\_%'
              AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                              AND d.deptype = 'e')""";

    private static final String COLUMNS =
            """
            SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), t.typtype = 'd', a.attnotnull,
                   a.attgenerated <> '',
                   EXISTS (SELECT FROM pg_depend d JOIN pg_sequence q ON q.seqrelid = d.objid
                           WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
                             AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
                             AND q.seqtypid <> 'bigint'::regtype),
                   s.null_frac, CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * greatest(rows.estimate, 0)
                                     ELSE s.n_distinct END,
                   coalesce(s.most_common_freqs[1], 0)
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type t ON t.oid = a.atttypid
            CROSS JOIN LATERAL (
              SELECT CASE WHEN c.relkind = 'p' THEN (SELECT sum(greatest(p.reltuples, 0)) FROM pg_partition_tree(c.oid) x
                                                     JOIN pg_class p ON p.oid = x.relid WHERE x.isleaf)
                     ELSE c.reltuples END AS estimate
            ) rows
            LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
              AND s.inherited = (c.relkind = 'p')
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%'
              AND n.nspname <> 'information_schema'
            ORDER BY 1, 2, a.attnum""";

    private static final String KEYS =
            """
            SELECT n.nspname, c.relname, k.relname,
                   CASE WHEN i.indisprimary THEN 'PRIMARY' WHEN i.indisexclusion THEN 'EXCLUSION' ELSE 'UNIQUE' END,
                   ARRAY(SELECT a.attname::text FROM generate_series(0, i.indnkeyatts - 1) AS at
                         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[at]
                         WHERE NOT i.indisexclusion OR (
                           SELECT p.oprname = '=' FROM pg_operator p WHERE p.oid = o.conexclop[at + 1])
                         ORDER BY at),
                   i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
            FROM pg_index i
            JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_class k ON k.oid = i.indexrelid
            LEFT JOIN pg_constraint o ON o.conindid = k.oid AND o.contype = 'x'
            WHERE (i.indisunique OR i.indisexclusion) AND NOT c.relispartition AND c.relkind IN ('r', 'p')
              AND n.nspname NOT LIKE 'pg\\_%'
            ORDER BY 1, 2, NOT i.indisprimary, 3""";

    private static final String REFERENCES =
            """
            SELECT n.nspname, c.relname, f.conname, pn.nspname, p.relname,
                   ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY k (number, at)
                         JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number ORDER BY k.at),
                   ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY k (number, at)
                         JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number ORDER BY k.at),
                   f.confdeltype, f.confupdtype
            FROM pg_constraint f
            JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_class p ON p.oid = f.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
            WHERE f.contype = 'f' AND f.conparentid = 0 AND NOT c.relispartition
            ORDER BY 1, 2, 3""";

    private static final String TRIGGERS =
            """
            SELECT n.nspname, c.relname, g.tgname
            FROM pg_trigger g
            JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT g.tgisinternal AND NOT c.relispartition
            ORDER BY 1, 2, 3""";

    private static final String INHERITANCES =
            """
            SELECT DISTINCT n.nspname, c.relname
            FROM pg_inherits h
            JOIN pg_class child ON child.oid = h.inhrelid
            JOIN pg_class c ON c.oid IN (h.inhrelid, h.inhparent)
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT child.relispartition AND child.relkind IN ('r', 'f')""";

    private final Statement statement;

    private SourceCatalog(Statement statement) {
        this.statement = statement;
    }

    static SourceModel read(Connection source, TableFilter filter) throws SQLException {
        Collection<Table> all = Tables.read(source).values();
        try (Statement statement = source.createStatement()) {
            return new SourceCatalog(statement)
                    .model(all.stream()
                            .filter(table -> filter.includes(table.id()))
                            .toList());
        }
    }

    private SourceModel model(List<Table> included) throws SQLException {
        Map<TableId, TableId> roots = new HashMap<>();
        Set<TableId> leftOut = new TreeSet<>();
        Set<TableId> moved = new TreeSet<>();
        included.forEach(table -> moved.add(table.id()));
        try (ResultSet row = statement.executeQuery(RELATIONS)) {
            while (row.next()) {
                TableId table = table(row);
                TableId root = row.getString(3) == null ? table : new TableId(row.getString(3), row.getString(4));
                if (!moved.contains(root)) {
                    leftOut.add(table);
                } else if (!root.equals(table)) {
                    roots.put(table, root);
                }
            }
        }
        return new SourceModel(tables(included), roots, leftOut);
    }

    private List<SourceTable> tables(List<Table> included) throws SQLException {
        Map<TableId, List<SourceColumn>> columns = perTable(COLUMNS, SourceCatalog::column);
        Map<TableId, List<SourceKey>> keys = perTable(KEYS, SourceCatalog::key);
        Map<TableId, List<SourceReference>> references = perTable(REFERENCES, SourceCatalog::reference);
        Map<TableId, List<String>> triggers = perTable(TRIGGERS, row -> row.getString(3));
        Set<TableId> inheriting = perTable(INHERITANCES, row -> "").keySet();
        return included.stream()
                .map(table -> new SourceTable(
                        table.id(),
                        table.partitioned(),
                        inheriting.contains(table.id()),
                        columns.getOrDefault(table.id(), List.of()),
                        keys.getOrDefault(table.id(), List.of()),
                        references.getOrDefault(table.id(), List.of()),
                        triggers.getOrDefault(table.id(), List.of()),
                        table.identityColumns(),
                        table.estimatedRows(),
                        table.sizeBytes()))
                .toList();
    }

    /** Makes one thing of a row. */
    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> Map<TableId, List<T>> perTable(String sql, RowReader<T> reader) throws SQLException {
        Map<TableId, List<T>> found = new TreeMap<>();
        try (ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                found.computeIfAbsent(table(row), table -> new ArrayList<>()).add(reader.read(row));
            }
        }
        return found;
    }

    private static TableId table(ResultSet row) throws SQLException {
        return new TableId(row.getString(1), row.getString(2));
    }

    private static SourceColumn column(ResultSet row) throws SQLException {
        double nulls = row.getDouble(9);
        Optional<SourceColumn.Statistics> statistics = row.wasNull()
                ? Optional.empty()
                : Optional.of(new SourceColumn.Statistics(nulls, row.getDouble(10), row.getDouble(11)));
        return new SourceColumn(
                row.getString(3),
                row.getString(4),
                row.getBoolean(5),
                row.getBoolean(6),
                row.getBoolean(7),
                row.getBoolean(8),
                statistics);
    }

    private static SourceKey key(ResultSet row) throws SQLException {
        return new SourceKey(
                row.getString(3), SourceKey.Kind.valueOf(row.getString(4)), strings(row, 5), row.getBoolean(6));
    }

    private static SourceReference reference(ResultSet row) throws SQLException {
        return new SourceReference(
                row.getString(3),
                strings(row, 6),
                new TableId(row.getString(4), row.getString(5)),
                strings(row, 7),
                SourceReference.Action.of(row.getString(8)),
                SourceReference.Action.of(row.getString(9)));
    }

    private static List<String> strings(ResultSet row, int index) throws SQLException {
        Array array = row.getArray(index);
        return Arrays.asList((String[]) array.getArray());
    }
}
