package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.sql.SqlName;
import org.pg2citus.sink.change.TableId;

/** What the source's catalog says of tables while they are changed, within the transaction that changes them. */
final class SourceCatalog {

    private static final String TABLES =
            """
            SELECT c.oid::bigint, n.nspname, c.relname, a.attnum, a.attname
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
              AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'pg2citus')""";

    private static final String DEFAULTS =
            """
            SELECT a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                   coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.pg_get_expr(t.typdefaultbin, 0)),
                   a.attidentity <> ''
            FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = ?::oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
              AND (d.adbin IS NOT NULL OR t.typdefaultbin IS NOT NULL OR a.attidentity <> '')""";

    private SourceCatalog() {}

    /** All ordinary and partitioned tables, by their object id. */
    static Map<Long, TableChanges.Described> tables(Connection source) throws SQLException {
        Map<Long, TableId> names = new HashMap<>();
        Map<Long, Map<Integer, String>> columns = new HashMap<>();
        try (PreparedStatement query = source.prepareStatement(TABLES);
                ResultSet row = query.executeQuery()) {
            while (row.next()) {
                names.put(row.getLong(1), new TableId(row.getString(2), row.getString(3)));
                columns.computeIfAbsent(row.getLong(1), oid -> new HashMap<>()).put(row.getInt(4), row.getString(5));
            }
        }
        Map<Long, TableChanges.Described> tables = new HashMap<>();
        names.forEach((oid, name) -> tables.put(oid, new TableChanges.Described(name, columns.get(oid))));
        return tables;
    }

    /** @param expression empty for an identity column */
    record ColumnDefault(int number, String column, String type, Optional<String> expression) {}

    static List<ColumnDefault> defaults(Connection source, long table) throws SQLException {
        List<ColumnDefault> defaults = new ArrayList<>();
        try (PreparedStatement query = source.prepareStatement(DEFAULTS)) {
            query.setLong(1, table);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    defaults.add(new ColumnDefault(
                            row.getInt(1),
                            row.getString(2),
                            row.getString(3),
                            row.getBoolean(5) ? Optional.empty() : Optional.of(row.getString(4))));
                }
            }
        }
        return defaults;
    }

    /** The object id of a table as a statement names it; empty when there is none. */
    static Optional<Long> resolve(Connection source, SqlName name) throws SQLException {
        try (PreparedStatement query = source.prepareStatement("SELECT pg_catalog.to_regclass(?)::oid::bigint")) {
            query.setString(1, name.toSql());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                long oid = row.getLong(1);
                return row.wasNull() ? Optional.empty() : Optional.of(oid);
            }
        }
    }
}
