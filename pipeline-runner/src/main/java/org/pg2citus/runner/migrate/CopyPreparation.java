package org.pg2citus.runner.migrate;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.config.CopySettings;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.snapshot.ChunkPlanner;
import org.pg2citus.runner.snapshot.CopyRun;
import org.pg2citus.runner.snapshot.LockWait;
import org.pg2citus.runner.snapshot.TargetSession;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.runner.state.ChunkRange;
import org.pg2citus.runner.state.CopyState;
import org.pg2citus.runner.state.CopyStore;
import org.pg2citus.sink.change.TableId;

/** Finds out what a run has to copy: divides large tables, and takes up what earlier runs left. */
final class CopyPreparation {

    private static final String UNIQUE_INDEXES =
            """
            SELECT n.nspname, c.relname,
                   ARRAY(SELECT a.attname::text FROM pg_attribute a
                         WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]))
            FROM pg_index i
            JOIN pg_class c ON c.oid = coalesce(pg_partition_root(i.indrelid), i.indrelid)
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE (i.indisunique OR i.indisexclusion) AND n.nspname NOT LIKE 'pg\\_%'""";

    private final Sessions sessions;
    private final CopyStore store;
    private final TargetSession session;
    private final CopySettings copy;
    private final MigrationListener listener;
    private final StopSignal stop;

    CopyPreparation(
            Sessions sessions,
            CopyStore store,
            TargetSession session,
            CopySettings copy,
            MigrationListener listener,
            StopSignal stop) {
        this.sessions = sessions;
        this.store = store;
        this.session = session;
        this.copy = copy;
        this.listener = listener;
        this.stop = stop;
    }

    /**
     * To be called when a new snapshot is there: what was read in another one cannot always be continued.
     *
     * @param rewritten tables that an earlier snapshot of this run could not show; probably emptied, so that parts of older
     *     snapshots could not be joined with new ones
     * @return empty when it was stopped
     */
    Optional<CopyRun> prepare(List<Table> tables, Set<TableId> rewritten) {
        Map<TableId, Set<TableId>> references = sessions.onTarget("reading foreign keys", ForeignKeys::read);
        Set<TableId> referToThemselves = sessions.onTarget("reading foreign keys", ForeignKeys::readSelfReferences);
        CopyState before = sessions.onTarget("reading the ledger", store::read);
        Map<TableId, List<Set<String>>> unique = sessions.onTarget("reading indexes", CopyPreparation::uniqueIndexes);
        ChunkPlanner planner = new ChunkPlanner(sessions.source(), copy, unique);
        List<Chunk> rest = new ArrayList<>();
        for (Table table : tables) {
            if (before.complete().containsKey(table.id())) {
                continue;
            }
            if (isJoinable(before, table.id()) && !rewritten.contains(table.id())) {
                before.plans().get(table.id()).stream()
                        .filter(chunk -> !before.finished(table.id()).containsKey(chunk.number()))
                        .forEach(rest::add);
                continue;
            }
            startAnew(before, table.id(), rewritten.contains(table.id()), references);
            // Without the replica role the rows of such a table must come in one statement.
            Optional<List<Chunk>> chunks = !session.replicaRole() && referToThemselves.contains(table.id())
                    ? Optional.of(List.of(Chunk.whole(table.id(), table.sizeBytes())))
                    : planned(planner, table);
            if (chunks.isEmpty()) {
                return Optional.empty();
            }
            rest.addAll(chunks.get());
        }
        return Optional.of(new CopyRun(tables, sessions.onTarget("reading the ledger", store::read), rest, references));
    }

    /** Ranges of keys from different snapshots can be joined; ranges of blocks cannot. */
    private static boolean isJoinable(CopyState before, TableId table) {
        return !before.isDiscarded(table)
                && before.plans().containsKey(table)
                && before.plans().get(table).stream().allMatch(chunk -> chunk.range() instanceof ChunkRange.Keys);
    }

    private Optional<List<Chunk>> planned(ChunkPlanner planner, Table table) {
        LockWait wait = new LockWait(sessions.sourceServer(), listener, stop, table.id());
        Optional<List<Chunk>> made = sessions.onSource("dividing table " + table.id(), source -> planner.plan(table));
        while (made.isEmpty()) {
            if (!sessions.onSource("waiting for table " + table.id(), source -> wait.pause())) {
                return made;
            }
            made = sessions.onSource("dividing table " + table.id(), source -> planner.plan(table));
        }
        List<Chunk> chunks = made.get();
        if (chunks.stream().noneMatch(Chunk::isWhole)) {
            sessions.onTarget("recording how table %s is divided".formatted(table.id()), target -> {
                store.savePlan(target, chunks);
                return null;
            });
        }
        return made;
    }

    private void startAnew(
            CopyState before, TableId table, boolean isRewritten, Map<TableId, Set<TableId>> references) {
        if (!before.plans().containsKey(table) && before.finished(table).isEmpty()) {
            return;
        }
        boolean isEmpty = before.finished(table).isEmpty();
        if (!isEmpty) {
            listener.on(
                    new Notice(
                            "copying table %s anew: %s"
                                    .formatted(
                                            table,
                                            isRewritten
                                                    ? "it was emptied or rewritten on the source between the snapshots of its parts"
                                                    : before.isDiscarded(table)
                                                            ? "its parts come from different snapshots, and cannot be joined at a change between them"
                                                            : "it is not stored in the order of an integer or uuid key, so its parts cannot be joined with those of a new snapshot")));
        }
        boolean isReferenced = references.values().stream().anyMatch(referenced -> referenced.contains(table));
        sessions.onTarget("emptying table " + table, target -> {
            target.setAutoCommit(false);
            try (Statement statement = target.createStatement()) {
                if (!isEmpty) {
                    empty(statement, table, isReferenced);
                }
                store.forget(target, table);
                target.commit();
            } finally {
                if (!target.isClosed()) {
                    target.rollback();
                    target.setAutoCommit(true);
                }
            }
            return null;
        });
    }

    private void empty(Statement statement, TableId table, boolean isReferenced) throws SQLException {
        if (session.citus()) {
            statement.execute("SET LOCAL citus.multi_shard_modify_mode = 'sequential'");
            statement.execute("SET LOCAL citus.propagate_set_commands = 'local'");
        }
        if (!isReferenced) {
            statement.execute("TRUNCATE " + table.toSql());
            return;
        }
        // TRUNCATE is refused for it. The role keeps its rows' deletion from reaching those that refer to them.
        if (session.replicaRole()) {
            statement.execute("SET LOCAL session_replication_role = replica");
        }
        statement.execute("DELETE FROM " + table.toSql());
    }

    private static Map<TableId, List<Set<String>>> uniqueIndexes(Connection target) throws SQLException {
        Map<TableId, List<Set<String>>> indexes = new HashMap<>();
        try (Statement statement = target.createStatement();
                ResultSet row = statement.executeQuery(UNIQUE_INDEXES)) {
            while (row.next()) {
                indexes.computeIfAbsent(new TableId(row.getString(1), row.getString(2)), table -> new ArrayList<>())
                        .add(new HashSet<>(List.of((String[]) row.getArray(3).getArray())));
            }
        }
        return indexes;
    }
}
