package org.pg2citus.sink.progress;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.pg2citus.sink.catalog.TargetCatalog;

/** The schema {@code pg2citus} of the target. */
public final class StateSchema {

    /** The schema's name. */
    public static final String NAME = "pg2citus";

    /** Serialises those who create it; any number that others do not use. */
    private static final long LOCK = 0x70673263_69747573L;

    private static final String PROGRESS =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.progress (
              pipeline text PRIMARY KEY,
              epoch bigint NOT NULL,
              applied_lsn pg_lsn NOT NULL,
              topic text,
              topic_partition int,
              next_offset bigint,
              hold_at_lsn pg_lsn,
              seen_lsn pg_lsn,
              next_offsets jsonb,
              rows_applied bigint NOT NULL DEFAULT 0,
              transactions_applied bigint NOT NULL DEFAULT 0,
              applied_at timestamptz
            ) WITH (fillfactor = 10)""";

    private static final String COPIED_TABLE =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.copied_table (
              pipeline text,
              table_schema text,
              table_name text,
              copy_lsn pg_lsn NOT NULL,
              rows_copied bigint,
              bytes_copied bigint,
              started_at timestamptz,
              finished_at timestamptz,
              PRIMARY KEY (pipeline, table_schema, table_name)
            )""";

    private static final String COPIED_CHUNK =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.copied_chunk (
              pipeline text,
              table_schema text,
              table_name text,
              chunk int,
              key_column text,
              key_order text,
              key_from text,
              key_to text,
              copy_lsn pg_lsn NOT NULL,
              rows_copied bigint,
              bytes_copied bigint,
              started_at timestamptz,
              finished_at timestamptz,
              is_discarded boolean NOT NULL DEFAULT false,
              PRIMARY KEY (pipeline, table_schema, table_name, chunk)
            )""";

    private static final String SNAPSHOT_TABLE =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.snapshot_table (
              pipeline text,
              table_schema text,
              table_name text,
              snapshot_lsn pg_lsn NOT NULL,
              PRIMARY KEY (pipeline, table_schema, table_name)
            )""";

    private static final String SENT_COLUMNS =
            """
            CREATE TABLE IF NOT EXISTS pg2citus.sent_columns (
              pipeline text,
              table_schema text,
              table_name text,
              columns text[] NOT NULL,
              PRIMARY KEY (pipeline, table_schema, table_name)
            )""";

    /** Its tables. */
    public static final List<String> TABLES =
            List.of("progress", "copied_table", "copied_chunk", "snapshot_table", "sent_columns");

    /** What tables of earlier versions lack; a lacking column is null there, which is right for all that they hold. */
    private static final String ADD_NEXT_OFFSETS = "ALTER TABLE pg2citus.progress ADD COLUMN next_offsets jsonb";

    private StateSchema() {}

    /**
     * Creates what is missing, and makes it known to Citus: a plain table of the coordinator is not atomic with a
     * transaction that writes through one worker connection, because Citus then commits in one phase.
     *
     * <p>The connection's autocommit setting is kept; it must not be inside a transaction.
     *
     * @throws SQLException for example 42501 when the role may not create the schema
     */
    public static void create(Connection connection) throws SQLException {
        boolean citus = TargetCatalog.hasCitus(connection);
        boolean autoCommit = connection.getAutoCommit();
        connection.setAutoCommit(true);
        try {
            if (!isComplete(connection, citus)) {
                connection.setAutoCommit(false);
                try {
                    createMissing(connection, citus);
                    connection.commit();
                } catch (SQLException e) {
                    connection.rollback();
                    throw e;
                }
            }
        } finally {
            connection.setAutoCommit(autoCommit);
        }
    }

    private static boolean isComplete(Connection connection, boolean citus) throws SQLException {
        for (String table : TABLES) {
            if (!exists(connection, table) || (citus && !isKnownToCitus(connection, table))) {
                return false;
            }
        }
        return hasNextOffsets(connection);
    }

    private static void createMissing(Connection connection, boolean citus) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_catalog.pg_advisory_xact_lock(" + LOCK + ")");
            if (citus) {
                // Otherwise Citus would place a new schema, and with it the progress, on one worker.
                statement.execute("SET LOCAL citus.enable_schema_based_sharding = off");
                statement.execute("SET LOCAL citus.multi_shard_modify_mode = 'sequential'");
            }
            statement.execute("CREATE SCHEMA IF NOT EXISTS pg2citus");
            statement.execute(PROGRESS);
            statement.execute(COPIED_TABLE);
            statement.execute(COPIED_CHUNK);
            statement.execute(SNAPSHOT_TABLE);
            statement.execute(SENT_COLUMNS);
            if (!hasNextOffsets(connection)) {
                statement.execute(ADD_NEXT_OFFSETS);
            }
            if (citus) {
                // A coordinator that is not in its own metadata cannot have citus-local tables.
                String makeKnown = coordinatorIsNode(connection)
                        ? "SELECT citus_add_local_table_to_metadata('pg2citus.%s')"
                        : "SELECT create_reference_table('pg2citus.%s')";
                for (String table : TABLES) {
                    if (!isKnownToCitus(connection, table)) {
                        statement.execute(makeKnown.formatted(table));
                    }
                }
            }
        }
    }

    private static boolean exists(Connection connection, String table) throws SQLException {
        return isTrue(connection, "SELECT to_regclass(?) IS NOT NULL", table);
    }

    private static boolean hasNextOffsets(Connection connection) throws SQLException {
        return isTrue(
                connection,
                "SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute"
                        + " WHERE attrelid = to_regclass(?) AND attname = 'next_offsets' AND NOT attisdropped)",
                "progress");
    }

    private static boolean isKnownToCitus(Connection connection, String table) throws SQLException {
        return isTrue(
                connection,
                "SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid = to_regclass(?))",
                table);
    }

    private static boolean coordinatorIsNode(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_node WHERE groupid = 0)")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static boolean isTrue(Connection connection, String sql, String table) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, NAME + "." + table);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }
}
