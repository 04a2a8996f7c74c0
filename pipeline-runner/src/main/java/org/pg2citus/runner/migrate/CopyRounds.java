package org.pg2citus.runner.migrate;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.snapshot.Copy;
import org.pg2citus.runner.snapshot.CopyRun;
import org.pg2citus.runner.snapshot.ExportedSnapshot;
import org.pg2citus.runner.snapshot.SlotMaking;
import org.pg2citus.runner.snapshot.TargetSession;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.runner.state.CopyStore;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.watch.CopyMetrics;
import org.pg2citus.runner.watch.TaskWatch;
import org.pg2citus.sink.change.TableId;

/**
 * Copies what is left in one snapshot, and the tables that it cannot show in newer ones: TRUNCATE takes the rows from older
 * snapshots, too, so the table would be copied as empty, and earlier changes in the stream would find no row.
 */
final class CopyRounds {

    /** Each further one is for tables that were emptied in the moment between a snapshot and the locks again. */
    private static final int MAX_ROUNDS = 10;

    private final MigrationSettings settings;
    private final Sessions sessions;
    private final CopyStore store;
    private final TargetSession session;
    private final TaskWatch capture;
    private final MigrationListener listener;
    private final StopSignal stop;

    CopyRounds(
            MigrationSettings settings,
            Sessions sessions,
            CopyStore store,
            TargetSession session,
            TaskWatch capture,
            MigrationListener listener,
            StopSignal stop) {
        this.settings = settings;
        this.sessions = sessions;
        this.store = store;
        this.session = session;
        this.capture = capture;
        this.listener = listener;
        this.stop = stop;
    }

    /**
     * Copies what is left.
     *
     * @param first is closed at the end of its round: while it is open, the source cannot remove dead rows
     * @return false when it was stopped before the end
     */
    boolean run(MigrationState state, List<Table> tables, ExportedSnapshot first) {
        Optional<Set<TableId>> postponed = copy(state, tables, Set.of(), first);
        for (int round = 2; postponed.isPresent() && !postponed.get().isEmpty(); round++) {
            if (round > MAX_ROUNDS) {
                throw tooManyRounds(postponed.get());
            }
            listener.on(new Notice("%s on the source after the snapshot was taken; copying in a newer snapshot"
                    .formatted(wereRewritten(postponed.get()))));
            Optional<ExportedSnapshot> newer = newSnapshot(state, round);
            if (newer.isEmpty()) {
                return false;
            }
            postponed = copy(state, tables(state), postponed.get(), newer.get());
        }
        return postponed.isPresent();
    }

    /** Goes on with what an earlier run left, in a new snapshot. */
    boolean resume(MigrationState state) {
        List<Table> tables = tables(state);
        listener.on(new StepStarted("taking a new snapshot for the tables that are left"));
        Optional<ExportedSnapshot> made = newSnapshot(state, 1);
        return made.isPresent() && run(state, tables, made.get());
    }

    private Optional<ExportedSnapshot> newSnapshot(MigrationState state, int round) {
        // A name has room for 63 bytes; the slot of the last round may not be gone yet.
        return new SlotMaking(sessions.sourceServer(), listener, stop)
                .make(
                        "%.45s_rest_%d_%d"
                                .formatted(state.slot(), ProcessHandle.current().pid(), round),
                        true);
    }

    private Optional<Set<TableId>> copy(
            MigrationState state, List<Table> tables, Set<TableId> rewritten, ExportedSnapshot made) {
        try (ExportedSnapshot snapshot = made;
                CopyMetrics metrics = CopyMetrics.register(settings.name())) {
            Optional<CopyRun> work = new CopyPreparation(sessions, store, session, settings.copy(), listener, stop)
                    .prepare(tables, rewritten);
            if (work.isEmpty()) {
                return Optional.empty();
            }
            announce(work.get());
            if (settings.copy().deferIndexes()) {
                new DeferredIndexes(
                                sessions,
                                store,
                                session.citus(),
                                settings.copy().jobs(),
                                listener,
                                stop)
                        .drop(state.tables());
            }
            Copy copy = new Copy(
                    sessions.sourceServer(),
                    sessions.targetServer(),
                    store,
                    session,
                    settings.copy().jobs(),
                    listener,
                    new CopyWatch(sessions, store, state.slot(), capture, metrics)::look,
                    stop);
            return copy.run(work.get(), snapshot);
        } catch (SQLException e) {
            throw sessions.sourceServer().failure(e, "closing the snapshot");
        }
    }

    private void announce(CopyRun work) {
        int tablesLeft = (int) work.rest().stream().map(Chunk::table).distinct().count();
        listener.on(new StepStarted("copying %d table%s in %d part%s, %d at a time"
                .formatted(
                        tablesLeft,
                        tablesLeft == 1 ? "" : "s",
                        work.rest().size(),
                        work.rest().size() == 1 ? "" : "s",
                        settings.copy().jobs())));
    }

    private List<Table> tables(MigrationState state) {
        Map<TableId, Table> all = sessions.onSource("reading the catalog", Tables::read);
        List<Table> tables = new ArrayList<>();
        for (TableId id : state.tables()) {
            Table table = all.get(id);
            if (table == null) {
                throw new MigrationException(
                        ExitCode.STATE,
                        "CP003",
                        "table %s is no longer on the source, but migration %s began with it"
                                .formatted(id, state.name()),
                        "bring it back, or start the migration again without it");
            }
            tables.add(table);
        }
        return tables;
    }

    private static String wereRewritten(Set<TableId> tables) {
        return "%s %s emptied or rewritten"
                .formatted(
                        tables.stream().sorted().map(TableId::toString).collect(Collectors.joining(", ")),
                        tables.size() == 1 ? "was" : "were");
    }

    private static MigrationException tooManyRounds(Set<TableId> tables) {
        return new MigrationException(
                ExitCode.SOURCE,
                "CP011",
                "%s between the snapshot and its reading, in each of %d snapshots"
                        .formatted(wereRewritten(tables), MAX_ROUNDS),
                "see that nobody truncates or rewrites tables while the copy begins, and run the command again: it goes on"
                        + " with them");
    }
}
