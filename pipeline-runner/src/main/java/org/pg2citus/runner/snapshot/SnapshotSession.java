package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.state.ChunkRange;
import org.pg2citus.sink.change.TableId;

/** A session of the source that reads in the exported snapshot. */
final class SnapshotSession {

    /** What a table's rows are made of, as a transaction sees it; the rows of ours are of the snapshot's time. */
    private static final String SHAPES =
            """
            SELECT n.nspname, c.relname, concat_ws('/', c.oid, c.relam,
              (SELECT string_agg(concat_ws(',', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attgenerated, a.xmin),
                                 ' ' ORDER BY a.attnum)
               FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
              (SELECT string_agg(i.inhrelid::text, ' ' ORDER BY i.inhrelid)
               FROM pg_partition_tree(c.oid) t JOIN pg_inherits i ON i.inhparent = t.relid))
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest(?::text[], ?::text[]))""";

    /**
     * Which files hold a table's rows, as a transaction sees it. pg_relation_filenode() would not do: it tells of now in
     * whatever snapshot.
     */
    private static final String FILES =
            """
            SELECT n.nspname, c.relname, string_agg(leaf.oid || ':' || leaf.relfilenode, ' ' ORDER BY leaf.oid)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            CROSS JOIN LATERAL (SELECT c.oid UNION SELECT t.relid FROM pg_partition_tree(c.oid) t) part
            JOIN pg_class leaf ON leaf.oid = part.oid
            WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest(?::text[], ?::text[]))
            GROUP BY 1, 2""";

    private final Connection connection;

    private SnapshotSession(Connection connection) {
        this.connection = connection;
    }

    static SnapshotSession enter(Connection connection, ExportedSnapshot snapshot) throws SQLException {
        snapshot.enter(connection);
        try (Statement statement = connection.createStatement()) {
            // Parallel workers would multiply --jobs.
            statement.execute("SET LOCAL max_parallel_workers_per_gather = 0");
        }
        return new SnapshotSession(connection);
    }

    Connection connection() {
        return connection;
    }

    /**
     * Takes the lock that keeps a table and its partitions from being altered, rewritten or dropped until the transaction
     * ends, but neither reads nor writes.
     *
     * @return false when somebody holds, or waits for, a lock against it
     */
    boolean lock(Table table, int timeoutMs) throws SQLException {
        Savepoint before = connection.setSavepoint();
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "SET LOCAL lock_timeout = %d; LOCK TABLE %s IN ACCESS SHARE MODE; SET LOCAL lock_timeout = 0"
                            .formatted(timeoutMs, CopySql.rows(table)));
            return true;
        } catch (SQLException e) {
            if (!LockWait.isRefusal(e)) {
                throw e;
            }
            connection.rollback(before);
            return false;
        }
    }

    /** Lets go of the locks taken since; only what failed for one session has to be let go of by the others. */
    Savepoint savepoint() throws SQLException {
        return connection.setSavepoint();
    }

    /**
     * To be called before a range is read. A range of keys must not read the whole table, however bad the planner's
     * statistics are; a whole table must not be read by an index.
     */
    void expect(ChunkRange range) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL enable_seqscan = " + (range instanceof ChunkRange.Keys ? "off" : "on"));
        }
    }

    /** Fails when the session is lost. */
    void check() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
        }
    }

    static Map<TableId, String> shapes(Connection connection, Collection<TableId> tables) throws SQLException {
        return texts(connection, SHAPES, tables);
    }

    static Map<TableId, String> files(Connection connection, Collection<TableId> tables) throws SQLException {
        return texts(connection, FILES, tables);
    }

    private static Map<TableId, String> texts(Connection connection, String sql, Collection<TableId> tables)
            throws SQLException {
        Map<TableId, String> texts = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setArray(
                    1,
                    connection.createArrayOf(
                            "text", tables.stream().map(TableId::schema).toArray()));
            query.setArray(
                    2,
                    connection.createArrayOf(
                            "text", tables.stream().map(TableId::name).toArray()));
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    texts.put(new TableId(row.getString(1), row.getString(2)), row.getString(3));
                }
            }
        }
        return texts;
    }
}
