package org.pg2citus.runner.cutover;

import static org.pg2citus.sink.change.TableId.quote;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.sink.change.TableId;

/**
 * Keeps everybody from writing the migrated tables of the source: a trigger on each that raises an error.
 *
 * <p>A trigger, because it holds for every role and session, superusers and subscriptions too (it is ENABLE ALWAYS), and
 * because making it waits for transactions that have written the table: once it is there, no write commits any more. A
 * read-only default of database or role would do neither. Other tables of the database stay writable, and so does
 * everything when it is taken down.
 *
 * <p>Writers wait while the fence waits for its locks. So one attempt is short, shorter than PostgreSQL waits before it
 * looks for deadlocks, and lets them pass before the next.
 */
final class WriteFence {

    /** Below {@code deadlock_timeout} (1 s): the fence gives way before a writer would be ended for its sake. */
    private static final int LOCK_TIMEOUT_MS = 800;

    private static final int ATTEMPTS = 60;
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final String TRIGGER = "pg2citus_fence";

    // Statement triggers fire for the table that the statement names: a partition written by its own name needs its
    // own.
    private static final String WITH_PARTITIONS =
            """
            SELECT n.nspname, c.relname FROM pg_partition_tree(?::regclass) t
            JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p')
            UNION
            SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = ?::regclass
            ORDER BY 1, 2""";

    private static final String FENCED =
            """
            SELECT count(*) FROM pg_trigger WHERE tgrelid = ?::regclass AND tgname = ? AND tgenabled = 'A'""";

    private static final String BLOCKERS =
            """
            SELECT DISTINCT format('pid %s, user %s, application %s, in a transaction for %s', a.pid, a.usename,
                                   a.application_name, date_trunc('second', now() - a.xact_start))
            FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.granted AND l.locktype = 'relation' AND l.pid <> pg_backend_pid()
              AND l.relation = ANY (?::regclass[])
              AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                             'ExclusiveLock', 'AccessExclusiveLock')
            ORDER BY 1 LIMIT 5""";

    private final Server server;
    private final String function;
    private final String migration;

    WriteFence(Server server, String migration) {
        this.server = server;
        this.migration = migration;
        this.function = "pg2citus." + quote("fence_" + migration);
    }

    /**
     * Puts the fence up on all tables at once. Doing it again does no harm.
     *
     * @param announce is told who is waited for
     * @throws MigrationException CT003 when the locks cannot be had
     */
    void putUp(Connection source, List<TableId> tables, Consumer<String> announce, StopSignal stop) {
        try {
            List<TableId> all = withPartitions(source, tables);
            attempt(source, all, announce, stop, "put up", statement -> {
                statement.execute("CREATE SCHEMA IF NOT EXISTS pg2citus");
                statement.execute(
                        """
                        CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS
                        $fence$BEGIN
                          RAISE EXCEPTION 'table %%.%% is read-only: it has been moved to another database', TG_TABLE_SCHEMA,
                            TG_TABLE_NAME USING ERRCODE = 'read_only_sql_transaction',
                            HINT = 'Connect to the new database. To open this one again: pg2citus cutover abort (migration %s).';
                        END$fence$"""
                                .formatted(function, migration));
                lock(statement, all, "SHARE ROW EXCLUSIVE");
                for (TableId table : all) {
                    statement.execute("DROP TRIGGER IF EXISTS %s ON %s".formatted(TRIGGER, table.toSql()));
                    statement.execute(
                            "CREATE TRIGGER %s BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s()"
                                    .formatted(TRIGGER, table.toSql(), function));
                    statement.execute("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s".formatted(table.toSql(), TRIGGER));
                }
            });
        } catch (SQLException e) {
            throw server.failure(e, "putting up the write fence");
        }
    }

    /** Takes it down; tables that have none are fine. */
    void takeDown(Connection source, List<TableId> tables, Consumer<String> announce, StopSignal stop) {
        try {
            List<TableId> fenced = new ArrayList<>();
            for (TableId table : withPartitions(source, tables)) {
                if (hasTrigger(source, table)) {
                    fenced.add(table);
                }
            }
            attempt(source, fenced, announce, stop, "take down", statement -> {
                for (TableId table : fenced) {
                    statement.execute("DROP TRIGGER IF EXISTS %s ON %s".formatted(TRIGGER, table.toSql()));
                }
                statement.execute("DROP FUNCTION IF EXISTS %s()".formatted(function));
            });
            dropSchemaIfEmpty(source);
        } catch (SQLException e) {
            throw server.failure(e, "taking down the write fence");
        }
    }

    private static void dropSchemaIfEmpty(Connection source) throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.execute("DROP SCHEMA IF EXISTS pg2citus");
        } catch (SQLException e) {
            // 2BP01: it holds something of another migration.
            if (!"2BP01".equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    /** The tables, and partitions of them, that can be written although the fence should be up. */
    List<TableId> open(Connection source, List<TableId> tables) {
        try {
            List<TableId> open = new ArrayList<>();
            for (TableId table : withPartitions(source, tables)) {
                try (PreparedStatement query = source.prepareStatement(FENCED)) {
                    query.setString(1, table.toSql());
                    query.setString(2, TRIGGER);
                    try (ResultSet row = query.executeQuery()) {
                        row.next();
                        if (row.getLong(1) == 0) {
                            open.add(table);
                        }
                    }
                }
            }
            return open;
        } catch (SQLException e) {
            throw server.failure(e, "looking at the write fence");
        }
    }

    /** Takes the fence's locks and lets go of them at once: how long that took, and whether it can be done at all. */
    Duration tryLocks(Connection source, List<TableId> tables, Consumer<String> announce, StopSignal stop) {
        try {
            List<TableId> all = withPartitions(source, tables);
            long startedNanos = System.nanoTime();
            attempt(source, all, announce, stop, "put up", statement -> lock(statement, all, "SHARE ROW EXCLUSIVE"));
            return Duration.ofNanos(System.nanoTime() - startedNanos);
        } catch (SQLException e) {
            throw server.failure(e, "trying the locks of the write fence");
        }
    }

    @FunctionalInterface
    private interface Work {
        void run(Statement statement) throws SQLException;
    }

    private void attempt(
            Connection source,
            List<TableId> tables,
            Consumer<String> announce,
            StopSignal stop,
            String doing,
            Work work)
            throws SQLException {
        source.setAutoCommit(false);
        try {
            for (int attempt = 1; ; attempt++) {
                try (Statement statement = source.createStatement()) {
                    statement.execute("SET LOCAL lock_timeout = " + LOCK_TIMEOUT_MS);
                    work.run(statement);
                    source.commit();
                    return;
                } catch (SQLException e) {
                    source.rollback();
                    if (!isLockTrouble(e)) {
                        throw e;
                    }
                    Optional<String> blockers = blockers(source, tables);
                    if (attempt == ATTEMPTS || stop.isRequested()) {
                        throw cannot(doing, attempt, blockers, e);
                    }
                    if (attempt % 10 == 1) {
                        announce.accept("the write fence waits for locks; %s"
                                .formatted(blockers.orElse("who holds them is not visible to this role")));
                    }
                    stop.await(PAUSE);
                }
            }
        } finally {
            source.setAutoCommit(true);
        }
    }

    private static boolean isLockTrouble(SQLException e) {
        return "55P03".equals(e.getSQLState()) || "40P01".equals(e.getSQLState());
    }

    private MigrationException cannot(String doing, int attempts, Optional<String> blockers, SQLException cause) {
        return new MigrationException(
                ExitCode.SOURCE,
                "CT003",
                "cannot %s the write fence on %s: in %d attempts the locks were not to be had; %s"
                        .formatted(
                                doing,
                                server.address(),
                                attempts,
                                blockers.orElse("who holds them is not visible to this role")),
                "end or wait for these transactions, then run the command again; nothing was changed",
                cause);
    }

    private static Optional<String> blockers(Connection source, List<TableId> tables) throws SQLException {
        try (PreparedStatement query = source.prepareStatement(BLOCKERS)) {
            query.setArray(
                    1,
                    source.createArrayOf(
                            "text", tables.stream().map(TableId::toSql).toArray()));
            try (ResultSet row = query.executeQuery()) {
                List<String> found = new ArrayList<>();
                while (row.next()) {
                    found.add(row.getString(1));
                }
                source.rollback();
                return found.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", found));
            }
        }
    }

    private static void lock(Statement statement, List<TableId> tables, String mode) throws SQLException {
        statement.execute("LOCK TABLE ONLY %s IN %s MODE"
                .formatted(tables.stream().map(TableId::toSql).collect(Collectors.joining(", ONLY ")), mode));
    }

    private static boolean hasTrigger(Connection source, TableId table) throws SQLException {
        try (PreparedStatement query = source.prepareStatement(
                "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = ?::regclass AND tgname = ?)")) {
            query.setString(1, table.toSql());
            query.setString(2, TRIGGER);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static List<TableId> withPartitions(Connection source, List<TableId> tables) throws SQLException {
        List<TableId> all = new ArrayList<>();
        for (TableId table : tables) {
            try (PreparedStatement query = source.prepareStatement(WITH_PARTITIONS)) {
                query.setString(1, table.toSql());
                query.setString(2, table.toSql());
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        all.add(new TableId(row.getString(1), row.getString(2)));
                    }
                }
            }
        }
        return all;
    }
}
