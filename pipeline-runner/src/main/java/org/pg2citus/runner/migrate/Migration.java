package org.pg2citus.runner.migrate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.check.Checks;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.check.ReplicaRole;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.MigrationEvent;
import org.pg2citus.runner.event.MigrationEvent.ChecksDone;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.SlotReady;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationEvent.Stopped;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.snapshot.Copy;
import org.pg2citus.runner.snapshot.ExportedSnapshot;
import org.pg2citus.runner.snapshot.LeftSessions;
import org.pg2citus.runner.snapshot.Publication;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.snapshot.SlotMaking;
import org.pg2citus.runner.snapshot.TargetSession;
import org.pg2citus.runner.state.CopyState;
import org.pg2citus.runner.state.DataDirLock;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.runner.state.Phase;
import org.pg2citus.runner.state.SourceIdentity;
import org.pg2citus.runner.state.TopicIdentity;
import org.pg2citus.runner.stream.Connectors;
import org.pg2citus.runner.stream.Pipes;
import org.pg2citus.runner.watch.TaskWatch;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.SentColumns;

/**
 * One run of a migration: checks, makes publication and slot, copies, streams. What a run finds done, by its own
 * earlier runs from wherever, it does not do again; so running again is resuming.
 *
 * <p>One object is one run.
 */
public final class Migration {

    /** When a run ends by itself. */
    public enum Until {
        /** Never: it streams until it is stopped. */
        STOPPED,
        /** When everything that the source had committed when the copy was done is in the target. */
        CAUGHT_UP
    }

    private final MigrationSettings settings;
    private final MigrationListener listener;
    private final StopSignal stop;
    private final Until until;
    private final MigrationStore store;

    /**
     * Prepares a run.
     *
     * @param listener is told everything, one call at a time, from several threads
     * @param stop ends the run cleanly
     */
    public Migration(MigrationSettings settings, MigrationListener listener, StopSignal stop, Until until) {
        this.settings = settings;
        this.listener = new OneAtATime(listener);
        this.stop = stop;
        this.until = until;
        this.store = new MigrationStore(settings.name());
    }

    private record OneAtATime(MigrationListener listener) implements MigrationListener {
        @Override
        public synchronized void on(MigrationEvent event) {
            listener.on(event);
        }
    }

    /**
     * Runs until it is stopped, or as {@link Until} says.
     *
     * @throws MigrationException when it cannot go on; what is done stays done
     */
    @SuppressWarnings("try") // the lock is held, not used
    public void run() {
        settings.warnings().forEach(warning -> listener.on(new Notice(warning)));
        try (DataDirLock lock = DataDirLock.take(settings.dataDir());
                Sessions sessions = new Sessions(settings, listener, stop)) {
            SourceIdentity identity = identify(sessions);
            Optional<MigrationState> known = sessions.onTarget("reading the migration's state", store::load);
            if (known.isEmpty()) {
                begin(sessions, identity, Optional.empty());
            } else if (known.get().phase() == Phase.PREPARING) {
                listener.on(new Notice("an earlier run ended while preparing; beginning anew"));
                undoPreparation(sessions, known.get());
                begin(sessions, identity, known.get().topic());
            } else {
                resume(sessions, known.get(), identity);
            }
            if (stop.isRequested()) {
                listener.on(new Stopped());
            }
        }
    }

    private static SourceIdentity identify(Sessions sessions) {
        try (var session = ExportedSnapshot.openSession(sessions.sourceServer())) {
            return ExportedSnapshot.identify(session);
        } catch (SQLException e) {
            throw sessions.sourceServer().failure(e, "asking for the source's identity");
        }
    }

    /** @param ownTopic the topic that an earlier run made before it ended; nothing was ever written to it */
    private void begin(Sessions sessions, SourceIdentity identity, Optional<TopicIdentity> ownTopic) {
        listener.on(new StepStarted("checking both sides"));
        Checks checks = Checks.run(settings, sessions.source(), sessions.target());
        listener.on(new ChecksDone(checks.findings()));
        checks.refusal().ifPresent(exitCode -> {
            long errors = checks.findings().stream().filter(Finding::isError).count();
            throw new MigrationException(
                    exitCode,
                    "PF000",
                    "%d finding%s to mend first; nothing was created on either side"
                            .formatted(errors, errors == 1 ? "" : "s"),
                    "do what each finding says, then run the command again");
        });
        refuseForeignDataDir();
        MigrationState state = new MigrationState(
                settings.name(),
                Phase.PREPARING,
                identity,
                settings.slot(),
                settings.publication(),
                Optional.empty(),
                checks.included().stream().map(Table::id).toList(),
                ownTopic);
        sessions.onTarget("creating the migration's state", target -> {
            store.create(target);
            store.save(target, state);
            return null;
        });
        try {
            if (!prepare(sessions, state, checks.included(), ownTopic)) {
                undoPreparation(sessions, state);
            }
        } catch (NotRecordedException e) {
            try {
                undoPreparation(sessions, state);
            } catch (RuntimeException second) {
                e.cause().addSuppressed(second);
            }
            throw e.cause();
        }
    }

    /** Preparing failed before the slot was recorded: what is on the source has to go. */
    private static final class NotRecordedException extends RuntimeException {
        NotRecordedException(RuntimeException cause) {
            super(cause);
        }

        RuntimeException cause() {
            return (RuntimeException) getCause();
        }
    }

    /** False when it was stopped before the slot was recorded: what is on the source has to go then, too. */
    private boolean prepare(
            Sessions sessions, MigrationState begun, List<Table> tables, Optional<TopicIdentity> ownTopic) {
        boolean recorded = false;
        try (Pipes pipes = startPipes()) {
            TopicIdentity topic = newTopic(pipes, ownTopic);
            MigrationState preparing = begun.withTopic(topic);
            save(sessions, preparing);
            listener.on(new StepStarted("making publication %s and replication slot %s"
                    .formatted(preparing.publication(), preparing.slot())));
            sessions.onSource("making the publication", source -> {
                Publication.create(source, preparing.publication(), preparing.tables());
                return null;
            });
            Optional<ExportedSnapshot> made =
                    new SlotMaking(sessions.sourceServer(), listener, stop).make(preparing.slot(), false);
            if (made.isEmpty()) {
                return false;
            }
            TaskWatch capture;
            MigrationState state;
            boolean copied;
            try (ExportedSnapshot snapshot = made.get()) {
                state = preparing.withSlotAt(snapshot.lsn()).in(Phase.COPYING);
                save(sessions, state);
                recorded = true;
                listener.on(new SlotReady(state.slot(), snapshot.lsn()));
                capture = startCapture(pipes, state);
                copied = rounds(sessions, capture).run(state, tables, snapshot);
            } catch (SQLException e) {
                throw sessions.sourceServer().failure(e, "closing the snapshot");
            }
            if (copied) {
                finishCopy(sessions, pipes, state, capture);
            }
            return true;
        } catch (RuntimeException e) {
            if (recorded) {
                throw e;
            }
            throw new NotRecordedException(e);
        }
    }

    private TopicIdentity newTopic(Pipes pipes, Optional<TopicIdentity> ownTopic) {
        Optional<TopicIdentity> present = pipes.topic().find();
        if (present.isEmpty()) {
            return pipes.topic().create();
        }
        if (present.equals(ownTopic)) {
            return present.get();
        }
        throw new MigrationException(
                ExitCode.STATE,
                "ST003",
                "topic %s exists already, and this migration did not make it"
                        .formatted(settings.kafka().topic()),
                "give another name with kafka.topic, or delete the topic if nothing uses it");
    }

    private void resume(Sessions sessions, MigrationState known, SourceIdentity identity) {
        CopyState copied = readLedger(sessions);
        Set<TableId> complete = copied.complete().keySet();
        listener.on(new StepStarted("continuing migration %s: %d of %d tables are copied"
                .formatted(known.name(), complete.size(), known.tables().size())));
        try (Pipes pipes = startPipes()) {
            MigrationState state = continued(sessions, pipes, known, identity, copied);
            TaskWatch capture = startCapture(pipes, state);
            if (complete.containsAll(state.tables())) {
                if (state.phase() == Phase.STREAMING) {
                    stream(sessions, pipes, state, capture);
                } else {
                    finishCopy(sessions, pipes, state, capture);
                }
                return;
            }
            state = backToCopying(sessions, pipes, state);
            if (rounds(sessions, capture).resume(state)) {
                finishCopy(sessions, pipes, state, capture);
            }
        }
    }

    /** The sink has found that a table has to be copied anew. It must not run meanwhile, on whatever worker. */
    private MigrationState backToCopying(Sessions sessions, Pipes pipes, MigrationState state) {
        if (state.phase() != Phase.STREAMING) {
            return state;
        }
        pipes.connect().delete(new Connectors(settings).sinkName());
        MigrationState copying = state.in(Phase.COPYING);
        save(sessions, copying);
        return copying;
    }

    /** What is copied, once no session of a killed run can add to it. */
    private CopyState readLedger(Sessions sessions) {
        TargetSession session = targetSession(sessions);
        return sessions.onTarget("reading the ledger", target -> {
            store.create(target);
            LeftSessions.end(target, sessions.targetServer().applicationName(Copy.PURPOSE), session, stop);
            return store.copies().read(target);
        });
    }

    private static TargetSession targetSession(Sessions sessions) {
        return new TargetSession(
                sessions.onTarget("looking for Citus", CitusTables::read).isCitus(),
                sessions.onTarget("trying session_replication_role", ReplicaRole::isPermitted));
    }

    private MigrationState continued(
            Sessions sessions, Pipes pipes, MigrationState known, SourceIdentity identity, CopyState copied) {
        Optional<TopicIdentity> topic = pipes.topic().find();
        Optional<Slot> slot = sessions.onSource("reading the slot", source -> Slot.read(source, known.slot()));
        Continuity continuity = new Continuity(
                known,
                identity,
                slot,
                topic,
                topic.isPresent() ? pipes.topic().firstOffset() : 0,
                sessions.onTarget("reading the progress", store::progress),
                copied.anything());
        MigrationState state = known.withSource(identity);
        if (continuity.decide() == Continuity.Decision.NEW_TOPIC) {
            listener.on(new Notice("the topic is a new one; all that the lost one held is in the target"));
            state = state.withTopic(topic.orElseGet(() -> pipes.topic().create()))
                    .withSlotAt(slot.orElseThrow().confirmedLsn());
            sessions.onTarget("resetting the topic's offset", target -> {
                store.forgetOffset(target);
                return null;
            });
        }
        save(sessions, state);
        return state;
    }

    private Pipes startPipes() {
        listener.on(new StepStarted(
                settings.kafka().bootstrapServers().isPresent()
                        ? "connecting to Kafka at "
                                + settings.kafka().bootstrapServers().get()
                        : "starting Kafka and Connect in " + settings.dataDir()));
        return Pipes.start(settings);
    }

    private TaskWatch startCapture(Pipes pipes, MigrationState state) {
        Connectors connectors = new Connectors(settings);
        pipes.connect().put(connectors.sourceName(), connectors.source(state));
        return new TaskWatch(pipes.connect(), connectors.sourceName(), settings.taskRestarts(), listener);
    }

    private CopyRounds rounds(Sessions sessions, TaskWatch capture) {
        return new CopyRounds(settings, sessions, store.copies(), targetSession(sessions), capture, listener, stop);
    }

    private DeferredIndexes deferredIndexes(Sessions sessions, boolean citus) {
        return new DeferredIndexes(
                sessions, store.copies(), citus, settings.copy().jobs(), listener, stop);
    }

    private void finishCopy(Sessions sessions, Pipes pipes, MigrationState copied, TaskWatch capture) {
        boolean citus =
                sessions.onTarget("looking for Citus", CitusTables::read).isCitus();
        if (!deferredIndexes(sessions, citus).build()) {
            return;
        }
        refuseGap(sessions, copied);
        rememberColumns(sessions, copied);
        MigrationState state = copied.in(Phase.STREAMING);
        save(sessions, state);
        stream(sessions, pipes, state, capture);
    }

    /** So that the sink stops at rows without a column, also of a table that nobody has written since. */
    private static void rememberColumns(Sessions sessions, MigrationState state) {
        Map<TableId, Table> tables = sessions.onSource("reading the catalog", Tables::read);
        sessions.onTarget("remembering the copied columns", target -> {
            SentColumns columns = new SentColumns(target, state.name());
            for (TableId id : state.tables()) {
                if (tables.containsKey(id)) {
                    columns.rememberCopied(id, tables.get(id).copiedColumns());
                }
            }
            return null;
        });
    }

    /** The stream over a table without its rows would be their loss. */
    private void refuseGap(Sessions sessions, MigrationState state) {
        Set<TableId> complete = sessions.onTarget("reading the ledger", store.copies()::read)
                .complete()
                .keySet();
        List<TableId> missing = state.tables().stream()
                .filter(table -> !complete.contains(table))
                .toList();
        if (!missing.isEmpty()) {
            throw new AssertionError("the copy ended without " + missing);
        }
    }

    private void stream(Sessions sessions, Pipes pipes, MigrationState state, TaskWatch capture) {
        listener.on(new StepStarted("applying changes"));
        Connectors connectors = new Connectors(settings);
        try {
            new Streaming(settings, sessions, store, pipes, listener, stop)
                    .run(state, capture, until == Until.CAUGHT_UP);
        } finally {
            if (settings.connectUrl().isPresent()) {
                // Workers elsewhere would go on without anybody watching; the worker in this process ends with it.
                pipes.connect().delete(connectors.sinkName());
                pipes.connect().delete(connectors.sourceName());
            }
        }
    }

    private void save(Sessions sessions, MigrationState state) {
        sessions.onTarget("recording the migration's state", target -> {
            store.save(target, state);
            return null;
        });
    }

    /** A folder with another migration's Kafka may hold changes that are nowhere else. */
    private void refuseForeignDataDir() {
        Path kafka = settings.dataDir().resolve("kafka");
        if (Files.exists(kafka)) {
            throw new MigrationException(
                    ExitCode.STATE,
                    "ST002",
                    "the data folder %s holds the Kafka of a migration that the target knows nothing of"
                            .formatted(settings.dataDir()),
                    "check target.uri; if that migration is over, remove the folder; else give another --data-dir");
        }
    }

    private void undoPreparation(Sessions sessions, MigrationState preparing) {
        sessions.onSource("removing slot and publication", source -> {
            Slot.dropIfExists(source, preparing.slot());
            Publication.dropIfExists(source, preparing.publication());
            return null;
        });
        sessions.onTarget("forgetting the preparation", target -> {
            store.delete(target);
            return null;
        });
        remove(settings.dataDir().resolve("kafka"));
        remove(settings.dataDir().resolve("connect.offsets"));
    }

    private static void remove(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(path)) {
            for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + path, e);
        }
    }
}
