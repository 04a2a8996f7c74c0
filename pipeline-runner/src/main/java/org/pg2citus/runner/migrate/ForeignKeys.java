package org.pg2citus.runner.migrate;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.pg2citus.sink.change.TableId;

/** Which tables of the target refer to which. */
final class ForeignKeys {

    private ForeignKeys() {}

    /** Tables whose rows refer to rows of the same table. */
    static Set<TableId> readSelfReferences(Connection target) throws SQLException {
        Set<TableId> tables = new HashSet<>();
        try (Statement statement = target.createStatement();
                ResultSet row = statement.executeQuery(
                        """
                        SELECT DISTINCT n.nspname, c.relname
                        FROM pg_constraint f
                        JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE f.contype = 'f' AND f.conrelid = f.confrelid""")) {
            while (row.next()) {
                tables.add(new TableId(row.getString(1), row.getString(2)));
            }
        }
        return tables;
    }

    static Map<TableId, Set<TableId>> read(Connection target) throws SQLException {
        Map<TableId, Set<TableId>> references = new HashMap<>();
        try (Statement statement = target.createStatement();
                ResultSet row = statement.executeQuery(
                        """
                        SELECT DISTINCT cn.nspname, c.relname, pn.nspname, p.relname
                        FROM pg_constraint f
                        JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
                        JOIN pg_class p ON p.oid = f.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
                        WHERE f.contype = 'f' AND f.conrelid <> f.confrelid""")) {
            while (row.next()) {
                references
                        .computeIfAbsent(new TableId(row.getString(1), row.getString(2)), table -> new HashSet<>())
                        .add(new TableId(row.getString(3), row.getString(4)));
            }
        }
        return references;
    }
}
