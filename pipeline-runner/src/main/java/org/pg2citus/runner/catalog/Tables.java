package org.pg2citus.runner.catalog;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pg2citus.sink.change.TableId;

/** Reads tables from the catalog. */
public final class Tables {

    // What belongs to the system, to an extension or to ourselves is no part of a migration. A deferrable primary key
    // identifies no row for the WAL: PostgreSQL refuses updates of such a published table as of one without a key.
    private static final String TABLES =
            """
            SELECT n.nspname, c.relname, c.relkind = 'p', c.relpersistence = 'u', c.relrowsecurity,
                   CASE WHEN c.relkind = 'p' THEN leaf.identified ELSE has_identity.yes END,
                   identity_columns.names, coalesce(leaf.foreign_names, '{}'),
                   CASE WHEN c.relkind = 'p' THEN coalesce(leaf.rows, 0) ELSE greatest(c.reltuples, 0) END::bigint,
                   CASE WHEN c.relkind = 'p' THEN coalesce(leaf.bytes, 0) ELSE pg_table_size(c.oid) END::bigint,
                   pg_has_role(c.relowner, 'USAGE'), has_table_privilege(c.oid, 'SELECT'),
                   has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
                     AND has_table_privilege(c.oid, 'DELETE') AND has_table_privilege(c.oid, 'TRUNCATE'),
                   columns.names, columns.types, columns.not_null, columns.generated, columns.has_default
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            CROSS JOIN LATERAL (
              SELECT c.relreplident = 'f'
                     OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid
                                AND i.indimmediate AND CASE c.relreplident WHEN 'd' THEN i.indisprimary
                                                        WHEN 'i' THEN i.indisreplident ELSE false END) AS yes
            ) has_identity
            CROSS JOIN LATERAL (
              SELECT CASE WHEN c.relreplident = 'f' THEN ARRAY(
                       SELECT a.attname::text FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
                     ELSE ARRAY(
                       SELECT a.attname::text FROM pg_index i
                       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                       WHERE i.indrelid = c.oid AND i.indimmediate
                         AND CASE c.relreplident WHEN 'd' THEN i.indisprimary
                                                 WHEN 'i' THEN i.indisreplident ELSE false END
                       ORDER BY a.attnum) END AS names
            ) identity_columns
            LEFT JOIN LATERAL (
              SELECT bool_and(p.relkind = 'f' OR p.relreplident = 'f'
                       OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = p.oid AND i.indisvalid
                                  AND i.indimmediate AND CASE p.relreplident WHEN 'd' THEN i.indisprimary
                                                          WHEN 'i' THEN i.indisreplident ELSE false END))
                       AS identified,
                     array_agg(p.relname::text) FILTER (WHERE p.relkind = 'f') AS foreign_names,
                     sum(greatest(p.reltuples, 0)) AS rows, sum(pg_table_size(p.oid)) AS bytes
              FROM pg_partition_tree(c.oid) t JOIN pg_class p ON p.oid = t.relid
              WHERE t.isleaf AND p.oid <> c.oid
            ) leaf ON c.relkind = 'p'
            CROSS JOIN LATERAL (
              SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names,
                     array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types,
                     array_agg(a.attnotnull ORDER BY a.attnum) AS not_null,
                     array_agg(a.attgenerated <> '' ORDER BY a.attnum) AS generated,
                     array_agg(a.atthasdef OR a.attidentity <> '' ORDER BY a.attnum) AS has_default
              FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ) columns
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
              AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'pg2citus')
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                              AND d.deptype = 'e')
            ORDER BY 1, 2""";

    private Tables() {}

    /** All tables of the database that could take part in a migration, by name. */
    public static Map<TableId, Table> read(Connection connection) throws SQLException {
        Map<TableId, Table> tables = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(TABLES);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Table table = table(row);
                tables.put(table.id(), table);
            }
        }
        return tables;
    }

    private static Table table(ResultSet row) throws SQLException {
        return new Table(
                new TableId(row.getString(1), row.getString(2)),
                row.getBoolean(3),
                row.getBoolean(4),
                row.getBoolean(5),
                // A partitioned table without partitions has no row that could lack an identity.
                row.getObject(6) == null || row.getBoolean(6),
                strings(row, 7),
                strings(row, 8),
                row.getLong(9),
                row.getLong(10),
                new Table.Access(row.getBoolean(11), row.getBoolean(12), row.getBoolean(13)),
                columns(row));
    }

    private static List<Column> columns(ResultSet row) throws SQLException {
        List<String> names = strings(row, 14);
        List<String> types = strings(row, 15);
        List<Column> columns = new ArrayList<>();
        if (!names.isEmpty()) {
            Boolean[] notNull = booleans(row, 16);
            Boolean[] generated = booleans(row, 17);
            Boolean[] hasDefault = booleans(row, 18);
            for (int i = 0; i < names.size(); i++) {
                columns.add(new Column(names.get(i), types.get(i), notNull[i], generated[i], hasDefault[i]));
            }
        }
        return columns;
    }

    private static List<String> strings(ResultSet row, int index) throws SQLException {
        Array array = row.getArray(index);
        return array == null ? List.of() : Arrays.asList((String[]) array.getArray());
    }

    private static Boolean[] booleans(ResultSet row, int index) throws SQLException {
        return (Boolean[]) row.getArray(index).getArray();
    }
}
