package org.pg2citus.sink.progress;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pg2citus.sink.change.TableId;

/**
 * The columns that the source sent of each table with its newest rows. Only so can a column that the source has dropped
 * be told from one that the target alone has had from the start.
 *
 * <p>Belongs to one session, and is written in the transaction that applies the rows: what is rolled back ends with the
 * session.
 */
public final class SentColumns {

    private static final String READ =
            "SELECT table_schema, table_name, columns FROM pg2citus.sent_columns WHERE pipeline = ?";

    private static final String INSERT =
            "INSERT INTO pg2citus.sent_columns (pipeline, table_schema, table_name, columns) VALUES (?, ?, ?, ?)";

    private static final String WRITE =
            INSERT + " ON CONFLICT (pipeline, table_schema, table_name) DO UPDATE SET columns = excluded.columns";

    private static final String WRITE_IF_NEW = INSERT + " ON CONFLICT DO NOTHING";

    private final Connection connection;
    private final String pipeline;
    private Optional<Map<TableId, Set<String>>> known = Optional.empty();

    public SentColumns(Connection connection, String pipeline) {
        this.connection = requireNonNull(connection, "connection is null");
        this.pipeline = requireNonNull(pipeline, "pipeline is null");
    }

    /** What was sent with earlier rows of the table, and is not with these. */
    public Set<String> missing(TableId table, Set<String> sent) throws SQLException {
        Set<String> before = known().getOrDefault(table, Set.of());
        if (sent.containsAll(before)) {
            return Set.of();
        }
        Set<String> missing = new TreeSet<>(before);
        missing.removeAll(sent);
        return missing;
    }

    /** Remembers what a copy has brought, where nothing is known yet. */
    public void rememberCopied(TableId table, Collection<String> copied) throws SQLException {
        write(WRITE_IF_NEW, table, copied);
    }

    /** Remembers what was sent with the newest rows of the table. */
    public void remember(TableId table, Set<String> sent) throws SQLException {
        if (sent.equals(known().get(table))) {
            return;
        }
        write(WRITE, table, sent);
        known().put(table, Set.copyOf(sent));
    }

    private void write(String sql, TableId table, Collection<String> columns) throws SQLException {
        try (PreparedStatement upsert = connection.prepareStatement(sql)) {
            upsert.setString(1, pipeline);
            upsert.setString(2, table.schema());
            upsert.setString(3, table.name());
            upsert.setArray(4, connection.createArrayOf("text", columns.toArray()));
            upsert.executeUpdate();
        }
    }

    private Map<TableId, Set<String>> known() throws SQLException {
        if (known.isEmpty()) {
            Map<TableId, Set<String>> tables = new HashMap<>();
            try (PreparedStatement query = connection.prepareStatement(READ)) {
                query.setString(1, pipeline);
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        String[] columns = (String[]) row.getArray(3).getArray();
                        tables.put(new TableId(row.getString(1), row.getString(2)), Set.of(columns));
                    }
                }
            }
            known = Optional.of(tables);
        }
        return known.get();
    }
}
