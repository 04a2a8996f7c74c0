package org.pg2citus.runner.catalog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * What Citus knows of a target; empty for plain PostgreSQL, which is a valid target too.
 *
 * @param version for example {@code 13.2-1}; empty when the extension is not installed
 * @param coordinator this node is the coordinator
 * @param distributionColumns of each hash-distributed table
 */
public record CitusTables(Optional<String> version, boolean coordinator, Map<TableId, String> distributionColumns) {

    private static final CitusTables NONE = new CitusTables(Optional.empty(), true, Map.of());

    public CitusTables {
        distributionColumns = Map.copyOf(distributionColumns);
    }

    public static CitusTables read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            String version;
            try (ResultSet row =
                    statement.executeQuery("SELECT extversion FROM pg_extension WHERE extname = 'citus'")) {
                if (!row.next()) {
                    return NONE;
                }
                version = row.getString(1);
            }
            boolean coordinator;
            try (ResultSet row = statement.executeQuery("SELECT groupid = 0 FROM pg_dist_local_group")) {
                coordinator = row.next() && row.getBoolean(1);
            }
            return new CitusTables(Optional.of(version), coordinator, distributionColumns(statement));
        }
    }

    public boolean isCitus() {
        return version.isPresent();
    }

    private static Map<TableId, String> distributionColumns(Statement statement) throws SQLException {
        Map<TableId, String> columns = new HashMap<>();
        try (ResultSet row = statement.executeQuery(
                """
                SELECT n.nspname, c.relname, column_to_column_name(p.logicalrelid, p.partkey)
                FROM pg_dist_partition p
                JOIN pg_class c ON c.oid = p.logicalrelid
                JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE p.partmethod = 'h'""")) {
            while (row.next()) {
                columns.put(new TableId(row.getString(1), row.getString(2)), row.getString(3));
            }
        }
        return columns;
    }
}
