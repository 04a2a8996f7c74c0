package org.pg2citus.runner.demo;

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pg2citus.sink.change.TableId;

/**
 * A table's content in short, the same on every server whatever the order of its rows and columns.
 *
 * @param rows how many there are
 * @param hash two sums of 64 bits each of all rows' MD5 hashes; a row's hash covers every column's text form
 */
public record TableDigest(long rows, String hash) {

    // Text forms depend on settings, on Citus on those of the workers' sessions, which take the transaction's.
    private static final String SETTINGS =
            """
            SET LOCAL citus.propagate_set_commands = 'local';
            SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres';
            SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'""";

    private static final String TABLES =
            """
            SELECT n.nspname, c.relname, array_agg(a.attname::text ORDER BY a.attname)
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE n.nspname = 'public' AND c.relkind = 'r'
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                              AND d.deptype = 'e')
            GROUP BY 1, 2 ORDER BY 1, 2""";

    /** Digests of all tables in the schema {@code public}, read in one transaction. */
    static Map<TableId, TableDigest> all(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            Map<TableId, List<String>> columns = new LinkedHashMap<>();
            try (ResultSet rows = statement.executeQuery(TABLES)) {
                while (rows.next()) {
                    Array names = rows.getArray(3);
                    columns.put(
                            new TableId(rows.getString(1), rows.getString(2)),
                            new ArrayList<>(Arrays.asList((String[]) names.getArray())));
                }
            }
            statement.execute(SETTINGS);
            Map<TableId, TableDigest> digests = new LinkedHashMap<>();
            for (var table : columns.entrySet()) {
                digests.put(table.getKey(), read(statement, table.getKey(), table.getValue()));
            }
            return digests;
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private static TableDigest read(Statement statement, TableId table, List<String> columns) throws SQLException {
        String texts =
                columns.stream().map(name -> TableId.quote(name) + "::text").collect(Collectors.joining(", "));
        String sql =
                """
                SELECT count(*), coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint), 0),
                       coalesce(sum(('x' || right(hash, 16))::bit(64)::bigint), 0)
                FROM (SELECT md5(ROW(%s)::text) AS hash FROM %s) AS hashed"""
                        .formatted(texts, table.toSql());
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return new TableDigest(row.getLong(1), hex(row.getBigDecimal(2)) + hex(row.getBigDecimal(3)));
        }
    }

    /** A sum modulo 2 to the power of 64, which stays a hash of fixed length. */
    private static String hex(BigDecimal sum) {
        return "%016x".formatted(sum.toBigIntegerExact().longValue());
    }
}
