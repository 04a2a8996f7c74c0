package org.pg2citus.runner.cleanup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pg2citus.runner.change.SchemaChangeStore;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.cutover.CutoverStore;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.snapshot.Publication;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.DataDirLock;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.runner.stream.ChangeTopic;
import org.pg2citus.runner.stream.ConnectClient;
import org.pg2citus.runner.stream.Connectors;
import org.pg2citus.runner.watch.HealthStore;

/**
 * Removes what a migration made. The order is such that a cleanup which ends half-way can be run again, and that the
 * source is freed first: a slot that nobody reads fills its disk.
 */
public final class Cleanup {

    private final MigrationSettings settings;
    private final Server source;
    private final Server target;
    private final MigrationStore store;
    private final CutoverStore cutovers;

    public Cleanup(MigrationSettings settings) {
        this.settings = settings;
        this.source = new Server(Side.SOURCE, settings.source(), settings.name());
        this.target = new Server(Side.TARGET, settings.target(), settings.name());
        this.store = new MigrationStore(settings.name());
        this.cutovers = new CutoverStore(settings.name());
    }

    /**
     * What is removed and what is kept, as sentences.
     *
     * @param removed done, or to be done
     */
    public record Report(List<String> removed, List<String> kept) {
        public Report {
            removed = List.copyOf(removed);
            kept = List.copyOf(kept);
        }
    }

    /**
     * Removes everything, or only says what would be removed.
     *
     * @throws MigrationException when the migration still runs, or a side cannot be reached
     */
    @SuppressWarnings("try") // the lock is held, not used
    public Report run(boolean dryRun) {
        try (Connection onTarget = target.connect("cleanup")) {
            MigrationState state = store.load(onTarget)
                    .orElseThrow(() -> new MigrationException(
                            ExitCode.STATE,
                            "ST004",
                            "target %s knows no migration named %s".formatted(settings.target(), settings.name()),
                            "check target.uri and --name"));
            try (DataDirLock lock = DataDirLock.take(settings.dataDir())) {
                List<String> removed = new ArrayList<>();
                List<String> kept = new ArrayList<>();
                connectors(dryRun, removed);
                source(state, dryRun, removed);
                topic(state, dryRun, removed);
                boolean cutOver = cutovers.load(onTarget).isPresent();
                state(onTarget, dryRun, removed);
                files(dryRun, removed);
                kept.add("the data on both sides");
                if (cutOver) {
                    kept.add(
                            "the write fence on the source's tables (trigger pg2citus_fence): whoever still writes there is"
                                    + " told. To remove it: DROP SCHEMA pg2citus CASCADE; on the source");
                }
                kept.add("the log in " + settings.dataDir());
                return new Report(removed, kept);
            }
        } catch (SQLException e) {
            throw target.failure(e, "cleaning up");
        }
    }

    private void connectors(boolean dryRun, List<String> removed) {
        if (settings.connectUrl().isEmpty()) {
            return;
        }
        Connectors names = new Connectors(settings);
        ConnectClient connect = new ConnectClient(settings.connectUrl().get());
        for (String connector : List.of(names.sourceName(), names.sinkName())) {
            if (!dryRun) {
                connect.delete(connector);
            }
            removed.add("connector " + connector);
        }
    }

    private void source(MigrationState state, boolean dryRun, List<String> removed) {
        try (Connection onSource = source.connect("cleanup")) {
            Optional<Slot> slot = Slot.read(onSource, state.slot());
            if (slot.isPresent()) {
                if (slot.get().active() && settings.connectUrl().isEmpty()) {
                    throw new MigrationException(
                            ExitCode.STATE,
                            "CU001",
                            "replication slot %s is being read: the migration still runs".formatted(state.slot()),
                            "stop 'pg2citus migrate', then run cleanup again");
                }
                if (!dryRun) {
                    Slot.dropIfExists(onSource, state.slot());
                }
                removed.add("replication slot %s on the source".formatted(state.slot()));
            }
            if (!dryRun) {
                Publication.dropIfExists(onSource, state.publication());
            }
            removed.add("publication %s on the source".formatted(state.publication()));
        } catch (SQLException e) {
            throw source.failure(e, "removing slot and publication");
        }
    }

    private void topic(MigrationState state, boolean dryRun, List<String> removed) {
        if (settings.kafka().bootstrapServers().isEmpty()) {
            return;
        }
        try (ChangeTopic topic = new ChangeTopic(
                settings.kafka(), settings.kafka().bootstrapServers().get())) {
            // Only the very topic that the migration made: another of its name is somebody else's.
            if (topic.find().isPresent() && topic.find().equals(state.topic())) {
                if (!dryRun) {
                    topic.delete();
                }
                removed.add("topic " + settings.kafka().topic());
            }
        }
    }

    private void state(Connection onTarget, boolean dryRun, List<String> removed) throws SQLException {
        if (!dryRun) {
            cutovers.delete(onTarget);
            new SchemaChangeStore(settings.name()).delete(onTarget);
            new HealthStore(settings.name()).delete(onTarget);
            store.forget(onTarget);
        }
        removed.add("the migration's state in the target's schema pg2citus");
    }

    private void files(boolean dryRun, List<String> removed) {
        for (String name : List.of("kafka", "connect.offsets")) {
            Path path = settings.dataDir().resolve(name);
            if (!Files.exists(path)) {
                continue;
            }
            if (!dryRun) {
                delete(path);
            }
            removed.add(path.toString());
        }
    }

    private static void delete(Path path) {
        try (Stream<Path> walk = Files.walk(path)) {
            for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + path, e);
        }
    }
}
