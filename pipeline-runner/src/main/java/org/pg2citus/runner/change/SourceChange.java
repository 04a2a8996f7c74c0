package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.config.TableFilter;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.verify.SinkHold;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * The source's part of a change, one transaction.
 *
 * <p>Its locks are what makes the barrier exact. To change a table it needs a lock that no transaction has which wrote the
 * table: all of those have their commit in the WAL before the position that is read now, and whoever writes the table in
 * its new form commits after this transaction, hence behind the position.
 *
 * <p>Writers wait while it waits for its locks. So one attempt is short, shorter than PostgreSQL waits before it looks for
 * deadlocks, and lets them pass before the next.
 */
final class SourceChange {

    /** Below {@code deadlock_timeout} (1 s): we give way before a writer would be ended for our sake. */
    private static final int LOCK_TIMEOUT_MS = 800;

    private static final int LONGEST_WAIT_MS = 10_000;

    private static final int ATTEMPTS = 60;
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Server server;
    private final MigrationState migration;
    private final TableFilter filter;
    private final Consumer<String> announce;
    private final StopSignal stop;

    SourceChange(
            Server server, MigrationState migration, TableFilter filter, Consumer<String> announce, StopSignal stop) {
        this.server = server;
        this.migration = migration;
        this.filter = filter;
        this.announce = announce;
        this.stop = stop;
    }

    /** The search path that the role has when it connects: names in the file mean what they mean in psql. */
    static String searchPath(Connection source) throws SQLException {
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'search_path'")) {
            row.next();
            return row.getString(1);
        }
    }

    static void useSearchPath(Connection connection, String path) throws SQLException {
        try (PreparedStatement set =
                connection.prepareStatement("SELECT pg_catalog.set_config('search_path', ?, true)")) {
            set.setString(1, path);
            set.executeQuery().close();
        }
    }

    /**
     * Changes the source, or nothing.
     *
     * @param beforeCommit records what is about to be committed; if it throws, nothing is
     * @throws MigrationException SC014 when the source refuses, SC015 and SC016 when the result could not be carried
     *     through, SC019 when the locks cannot be had
     */
    void run(Connection source, ScriptPlan plan, Consumer<SchemaChange.SourceCommit> beforeCommit) throws SQLException {
        String path = searchPath(source);
        source.setAutoCommit(false);
        try {
            for (int attempt = 1; ; attempt++) {
                Optional<MigrationException> busy = attempt(source, plan, path, beforeCommit);
                if (busy.isEmpty()) {
                    return;
                }
                if (attempt == ATTEMPTS || stop.isRequested()) {
                    throw busy.get();
                }
                if (attempt % 10 == 1) {
                    announce.accept(
                            "waiting for locks on the source: " + busy.get().getMessage());
                }
                stop.await(PAUSE);
            }
        } finally {
            if (!source.isClosed()) {
                source.setAutoCommit(true);
            }
        }
    }

    /** Empty when it is done; else why it has to be tried again. */
    private Optional<MigrationException> attempt(
            Connection source, ScriptPlan plan, String path, Consumer<SchemaChange.SourceCommit> beforeCommit)
            throws SQLException {
        SchemaChange.SourceCommit commit;
        try (Statement statement = source.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = " + LOCK_TIMEOUT_MS);
            // While it is recorded on the target, the source's tables are locked: not for longer than this, whatever
            // becomes of the target or of us.
            statement.execute("SET LOCAL idle_in_transaction_session_timeout = " + LONGEST_WAIT_MS);
            useSearchPath(source, path);
            commit = change(source, statement, plan);
        } catch (SQLException e) {
            source.rollback();
            if (isLockTrouble(e)) {
                return Optional.of(busy(e));
            }
            throw server.failure(e, "changing the schema");
        } catch (RuntimeException e) {
            source.rollback();
            if (e.getCause() instanceof SQLException cause && isLockTrouble(cause)) {
                return Optional.of(busy(cause));
            }
            throw e;
        }
        try {
            beforeCommit.accept(commit);
        } catch (RuntimeException e) {
            source.rollback();
            throw e;
        }
        source.commit();
        return Optional.empty();
    }

    private SchemaChange.SourceCommit change(Connection source, Statement statement, ScriptPlan plan)
            throws SQLException {
        statement.setEscapeProcessing(false);
        Map<Long, TableChanges.Described> first = SourceCatalog.tables(source);
        SameOnBothSides same = new SameOnBothSides(source, first, migration.tables());
        Map<Long, TableChanges.Described> before = first;
        for (ChangeStatement next : plan.definitions()) {
            Optional<MigrationException> unknown = same.checkConversions(next);
            execute(statement, next);
            if (unknown.isPresent()) {
                throw unknown.get();
            }
            if (AlterTable.of(next).isPresent()) {
                same.checkDefaults(before);
                before = SourceCatalog.tables(source);
            }
        }
        TableChanges changes =
                TableChanges.between(first, SourceCatalog.tables(source), migration.tables(), filter::includes);
        publish(source, statement, changes.added());
        // Behind every commit of the tables as they were, before every one of the tables as they are now.
        Lsn lsn = SinkHold.written(source);
        for (ChangeStatement next : plan.data()) {
            execute(statement, next);
        }
        try (ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_current_xact_id()::text")) {
            row.next();
            return new SchemaChange.SourceCommit(lsn, row.getString(1), changes);
        }
    }

    private static void execute(Statement statement, ChangeStatement next) throws SQLException {
        try {
            statement.execute(next.sql());
        } catch (SQLException e) {
            throw new MigrationException(
                    ExitCode.SOURCE,
                    "SC014",
                    "the source refuses %s (SQLSTATE %s): %s"
                            .formatted(ChangeStatement.shortened(next.sql()), e.getSQLState(), firstLine(e)),
                    "correct the file, and run the command again; nothing was changed on either side",
                    e);
        }
    }

    static String firstLine(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("no message");
    }

    /** A new table is published before its first row: the stream has all of it, and there is nothing to copy. */
    private void publish(Connection source, Statement statement, List<TableId> added) throws SQLException {
        if (added.isEmpty()) {
            return;
        }
        Map<TableId, Table> tables = Tables.read(source);
        for (TableId id : added) {
            Table table = tables.get(id);
            if (table == null || table.unlogged() || !table.hasIdentity()) {
                throw new MigrationException(
                        ExitCode.FINDINGS,
                        "SC015",
                        "new table %s has no primary key or replica identity, or is unlogged: its changes cannot be sent"
                                .formatted(id),
                        "give it a key (or ALTER TABLE ... REPLICA IDENTITY FULL) in the file; or leave it out of the"
                                + " migration with tables.exclude; nothing was changed on either side");
            }
        }
        statement.execute("ALTER PUBLICATION %s ADD TABLE %s"
                .formatted(
                        TableId.quote(migration.publication()),
                        added.stream().map(TableId::toSql).collect(Collectors.joining(", "))));
    }

    private static boolean isLockTrouble(SQLException e) {
        return "55P03".equals(e.getSQLState()) || "40P01".equals(e.getSQLState());
    }

    private static MigrationException busy(SQLException e) {
        return new MigrationException(
                ExitCode.SOURCE,
                "SC019",
                "a lock on the source could not be had within %d ms, %d times (SQLSTATE %s): %s"
                        .formatted(LOCK_TIMEOUT_MS, ATTEMPTS, e.getSQLState(), firstLine(e)),
                "look for long transactions in pg_stat_activity; the source is as it was, and the command can be run"
                        + " again",
                e);
    }

    /**
     * Whether a transaction was committed; empty while that is open.
     *
     * @throws MigrationException SC021 when the source does not know it any more
     */
    static Optional<Boolean> isCommitted(Connection source, String xid) throws SQLException {
        try (PreparedStatement query = source.prepareStatement("SELECT pg_catalog.pg_xact_status(?::xid8)")) {
            query.setString(1, xid);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                String status = row.getString(1);
                if (status == null) {
                    throw new MigrationException(
                            ExitCode.SOURCE,
                            "SC021",
                            "the source does not know any more whether transaction %s was committed".formatted(xid),
                            "look whether the source's tables are changed. If not: DELETE FROM pg2citus.schema_change on"
                                    + " the target, pg2citus resume, and begin again; if they are, see pg2citus"
                                    + " schema-change finish --help, by hand");
                }
                return status.equals("in progress") ? Optional.empty() : Optional.of(status.equals("committed"));
            }
        }
    }
}
