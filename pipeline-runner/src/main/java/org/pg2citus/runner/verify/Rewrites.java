package org.pg2citus.runner.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.stream.Collectors;
import org.pg2citus.sink.change.TableId;

/**
 * Tells whether a snapshot still shows a table. TRUNCATE, and some forms of ALTER TABLE, give it a new file, and an older
 * snapshot then sees it empty: <a href="https://www.postgresql.org/docs/current/mvcc-caveats.html">the only statements
 * that snapshots do not hold against</a>.
 */
final class Rewrites {

    // The catalog is read by the snapshot, the function reads what holds now.
    private static final String REWRITTEN =
            """
            SELECT EXISTS (
              SELECT FROM pg_class c
              WHERE c.relkind = 'r' AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)
                AND (c.oid = ?::regclass OR c.oid IN (SELECT relid FROM pg_partition_tree(?::regclass))))""";

    private static final int LOCK_TIMEOUT_MS = 2_000;

    private Rewrites() {}

    /** True when the table, or a partition of it, is not what the session's snapshot would show. */
    static boolean happened(Connection inSnapshot, TableId table) throws SQLException {
        try (PreparedStatement query = inSnapshot.prepareStatement(REWRITTEN)) {
            query.setString(1, table.toSql());
            query.setString(2, table.toSql());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    /**
     * Keeps further ones away for as long as the session's transaction lasts. Reads and writes go on.
     *
     * @return false when somebody holds a table for longer than a moment; the transaction cannot be used then
     */
    static boolean keepAway(Connection inSnapshot, Collection<TableId> tables) throws SQLException {
        try (Statement statement = inSnapshot.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = " + LOCK_TIMEOUT_MS);
            statement.execute("LOCK TABLE %s IN ACCESS SHARE MODE"
                    .formatted(tables.stream().map(TableId::toSql).collect(Collectors.joining(", "))));
            return true;
        } catch (SQLException e) {
            if ("55P03".equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }
}
