package org.pg2citus.runner.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.sink.change.TableId;

/**
 * Keeps the source's tables as they are while they are copied. A table that is rewritten meanwhile looks empty in an older
 * snapshot, or has its rows at other places: the copy would lose or double rows without any error.
 *
 * <p>Every session takes every lock before the first row is read. A session that took one later could come to stand behind
 * somebody who waits for an exclusive lock, and thus for our other sessions, for ever.
 */
final class SourceLocks {

    private final Server source;
    private final MigrationListener listener;
    private final StopSignal stop;

    SourceLocks(Server source, MigrationListener listener, StopSignal stop) {
        this.source = source;
        this.listener = listener;
        this.stop = stop;
    }

    /**
     * Takes them, and looks what happened to the tables between the snapshot and the lock.
     *
     * @return the tables whose rows are in other files now, so that the snapshot may show none or too few of them; empty
     *     when it was stopped while it waited
     * @throws MigrationException CP004 when a table was altered since the snapshot
     */
    Optional<Set<TableId>> take(List<SnapshotSession> sessions, List<Table> tables) throws SQLException {
        for (Table table : tables) {
            LockWait wait = new LockWait(source, listener, stop, table.id());
            while (!lockOrRefuse(sessions, table)) {
                if (!wait.pause()) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(rewritten(sessions.get(0), tables));
    }

    private static boolean lockOrRefuse(List<SnapshotSession> sessions, Table table) throws SQLException {
        try {
            return tryLock(sessions, table);
        } catch (SQLException e) {
            if ("42P01".equals(e.getSQLState())) {
                throw altered(table.id());
            }
            throw e;
        }
    }

    /** All of them or none. */
    private static boolean tryLock(List<SnapshotSession> sessions, Table table) throws SQLException {
        List<Savepoint> before = new ArrayList<>();
        for (SnapshotSession session : sessions) {
            before.add(session.savepoint());
            if (!session.lock(table, LockWait.LOCK_TIMEOUT_MS)) {
                for (int i = 0; i < before.size(); i++) {
                    sessions.get(i).connection().rollback(before.get(i));
                }
                return false;
            }
        }
        for (int i = 0; i < before.size(); i++) {
            sessions.get(i).connection().releaseSavepoint(before.get(i));
        }
        return true;
    }

    private Set<TableId> rewritten(SnapshotSession session, List<Table> tables) throws SQLException {
        List<TableId> ids = tables.stream().map(Table::id).toList();
        Map<TableId, String> shapesThen = SnapshotSession.shapes(session.connection(), ids);
        Map<TableId, String> filesThen = SnapshotSession.files(session.connection(), ids);
        Set<TableId> rewritten = new HashSet<>();
        try (Connection now = source.connect("locks")) {
            Map<TableId, String> shapes = SnapshotSession.shapes(now, ids);
            Map<TableId, String> files = SnapshotSession.files(now, ids);
            for (TableId id : ids) {
                if (shapes.get(id) == null || !shapes.get(id).equals(shapesThen.get(id))) {
                    throw altered(id);
                }
                if (!files.get(id).equals(filesThen.get(id))) {
                    rewritten.add(id);
                }
            }
        }
        return rewritten;
    }

    private static MigrationException altered(TableId id) {
        return new MigrationException(
                ExitCode.SOURCE,
                "CP004",
                "table %s was altered or dropped on the source after the snapshot was taken, so the snapshot may not show"
                                .formatted(id)
                        + " its rows; nothing of it was copied",
                "see that nobody alters tables while they are copied, alter the target's table in the same way, and run"
                        + " the command again: it takes a new snapshot for what is left");
    }
}
