package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.sql.SqlName;
import org.pg2citus.sink.change.TableId;

/** What names without a schema mean. */
final class TableNames {

    private TableNames() {}

    /** The schemas of a search path, in order, as they exist on a side. */
    static List<String> schemas(Connection connection, String searchPath) throws SQLException {
        connection.setAutoCommit(false);
        try {
            SourceChange.useSearchPath(connection, searchPath);
            try (PreparedStatement query = connection.prepareStatement("SELECT pg_catalog.current_schemas(false)");
                    ResultSet row = query.executeQuery()) {
                row.next();
                return List.of((String[]) row.getArray(1).getArray());
            }
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** What is known of the first table on the path that has the name. */
    static <T> Optional<T> find(SqlName name, List<String> path, Map<TableId, T> tables) {
        List<String> schemas = name.schema().map(List::of).orElse(path);
        return schemas.stream()
                .map(schema -> new TableId(schema, name.name()))
                .filter(tables::containsKey)
                .findFirst()
                .map(tables::get);
    }
}
