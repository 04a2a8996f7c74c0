package org.pg2citus.runner.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.sink.change.TableId;

/**
 * What is on the target before anything is made there.
 *
 * @param citusMissing the server has Citus, the database lacks the extension
 * @param coordinator this is the node that tables are distributed from
 * @param placements of the tables that Citus knows
 * @param withRows the tables that are not empty
 */
record TargetSchema(
        TargetFacts facts,
        boolean citusMissing,
        boolean coordinator,
        Map<TableId, Table> tables,
        Map<TableId, Placement> placements,
        Set<TableId> withRows) {

    /** How Citus has a table. */
    record Placement(TableKind kind, Optional<String> column) {

        @Override
        public String toString() {
            return kind.word() + column.map(name -> " by " + name).orElse("");
        }
    }

    private static final String PLACEMENTS =
            """
            SELECT n.nspname, c.relname,
                   CASE WHEN p.partmethod = 'h' THEN 'DISTRIBUTED' WHEN p.repmodel = 't' THEN 'REFERENCE'
                        WHEN p.colocationid > 0 THEN 'SINGLE' ELSE 'LOCAL' END,
                   CASE WHEN p.partmethod = 'h' THEN column_to_column_name(p.logicalrelid, p.partkey) END
            FROM pg_dist_partition p
            JOIN pg_class c ON c.oid = p.logicalrelid JOIN pg_namespace n ON n.oid = c.relnamespace""";

    TargetSchema {
        tables = Map.copyOf(tables);
        placements = Map.copyOf(placements);
        withRows = Set.copyOf(withRows);
    }

    static TargetSchema read(Connection target, SourceModel model) throws SQLException {
        CitusTables citus = CitusTables.read(target);
        Map<TableId, Table> tables = Tables.read(target);
        try (Statement statement = target.createStatement()) {
            Set<String> extensions = new HashSet<>();
            try (ResultSet row = statement.executeQuery("SELECT name FROM pg_available_extensions")) {
                while (row.next()) {
                    extensions.add(row.getString(1));
                }
            }
            Map<TableId, Placement> placements = new HashMap<>();
            if (citus.isCitus()) {
                try (ResultSet row = statement.executeQuery(PLACEMENTS)) {
                    while (row.next()) {
                        placements.put(
                                new TableId(row.getString(1), row.getString(2)),
                                new Placement(
                                        TableKind.valueOf(row.getString(3)), Optional.ofNullable(row.getString(4))));
                    }
                }
            }
            Set<TableId> withRows = new HashSet<>();
            for (SourceTable table : model.tables()) {
                Table existing = tables.get(table.id());
                if (existing != null && existing.access().canSelect() && hasRows(statement, table.id())) {
                    withRows.add(table.id());
                }
            }
            return new TargetSchema(
                    new TargetFacts(citus.isCitus(), extensions),
                    !citus.isCitus() && extensions.contains("citus"),
                    citus.coordinator(),
                    tables,
                    placements,
                    withRows);
        }
    }

    private static boolean hasRows(Statement statement, TableId table) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT 1 FROM %s LIMIT 1".formatted(table.toSql()))) {
            return row.next();
        }
    }
}
