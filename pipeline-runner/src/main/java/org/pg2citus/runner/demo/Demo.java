package org.pg2citus.runner.demo;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.runner.config.ConfigKey;
import org.pg2citus.runner.config.ConfigReader;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.snapshot.Publication;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.runner.watch.Status;
import org.pg2citus.sink.change.Lsn;

/**
 * The whole thing on a database of its own: starts source and target, fills the source, lets an application write to it,
 * migrates meanwhile, and compares both sides when the application has stopped.
 */
public final class Demo {

    private static final String DATABASE = "adshop";
    private static final int STOP_SECONDS = 30;
    /** Tenths of a second that the slot's reader has for its end. */
    private static final int SLOT_TURNS = 100;

    private final DemoSettings settings;
    private final Path dataDir;
    private final MigrationListener listener;
    private final StopSignal stop;
    private final long started = System.nanoTime();

    /**
     * Prepares a run; one object is one run.
     *
     * @param dataDir an empty folder for the migration's files
     * @param listener is told everything, one call at a time, from several threads
     * @param stop ends it early, and what {@code keep} keeps
     */
    public Demo(DemoSettings settings, Path dataDir, MigrationListener listener, StopSignal stop) {
        this.settings = settings;
        this.dataDir = dataDir;
        this.listener = event -> {
            synchronized (this) {
                listener.on(event);
            }
        };
        this.stop = stop;
    }

    /**
     * Runs it. Whatever happens, nothing of it is left when this returns.
     *
     * @param report is given the result as soon as there is one
     * @return the result; empty when it was stopped before there was one
     */
    public Optional<DemoResult> run(Consumer<DemoResult> report) {
        step("starting a PostgreSQL server as the source, and the target");
        CompletableFuture<PostgresServer> starting =
                CompletableFuture.supplyAsync(() -> LocalPostgres.start(Map.of("wal_level", "logical")));
        try (DemoTarget target = DemoTarget.start(settings.target(), targetDatabase())) {
            return run(starting.join(), target, report);
        } catch (SQLException e) {
            throw new MigrationException(
                    ExitCode.INTERNAL,
                    "DM003",
                    "one of the demo's own servers failed (SQLSTATE %s): %s".formatted(e.getSQLState(), e.getMessage()),
                    "run the demo again; if it repeats, report it",
                    e);
        } finally {
            starting.thenAccept(PostgresServer::close)
                    .exceptionally(notStarted -> null)
                    .join();
            LocalPostgres.discardPrograms();
        }
    }

    private Optional<DemoResult> run(PostgresServer source, DemoTarget target, Consumer<DemoResult> report)
            throws SQLException {
        prepare(source, target);
        if (stop.isRequested()) {
            return Optional.empty();
        }
        step("an application writes to the source from now on: %d sessions, about %d transactions a second"
                .formatted(settings.scale().writers(), settings.scale().transactionsPerSecond()));
        try (WriteLoad load = WriteLoad.start(() -> source.connect(DATABASE), settings.scale());
                MigrationRun migration = MigrationRun.start(migrationSettings(source, target), listener)) {
            Optional<DemoResult> result = migrate(source, target, load, migration);
            result.ifPresent(report);
            if (result.isPresent() && settings.keep()) {
                keep(source, target, migration);
            }
            migration.stop();
            removeFromSource(source, target);
            return result;
        }
    }

    private void prepare(PostgresServer source, DemoTarget target) throws SQLException {
        try (Connection connection = source.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + DATABASE);
        }
        step("the target is " + target.description());
        try (Connection connection = target.connect()) {
            DemoSchema.createTarget(connection, target.citus());
        }
        try (Connection connection = source.connect(DATABASE)) {
            step("filling the source: %,d companies, and %,d clicks on their ads"
                    .formatted(settings.scale().companies(), settings.scale().clicks()));
            DemoSchema.createSource(connection);
            DemoSchema.fill(connection, settings.scale());
        }
    }

    private Optional<DemoResult> migrate(
            PostgresServer source, DemoTarget target, WriteLoad load, MigrationRun migration) throws SQLException {
        if (!migration.awaitCaughtUp(stop)) {
            return Optional.empty();
        }
        step("streaming for %d s, with a look at a company's books in the target every few milliseconds"
                .formatted(settings.streamFor().toSeconds()));
        LookCounts looks;
        LoadCounts counts;
        List<Long> lagMs;
        try (BookLooks looking =
                BookLooks.start(target.connect(), settings.scale().companies())) {
            if (!migration.streamFor(settings.streamFor(), stop)) {
                return Optional.empty();
            }
            lagMs = migration.lagMs();
            step("the application stops");
            counts = load.stop();
            if (!migration.awaitApplied(written(source), stop)) {
                return Optional.empty();
            }
            looks = looking.stop();
        }
        step("comparing every row of both sides");
        AppliedProgress applied = Status.read(migrationSettings(source, target)).applied();
        try (Connection left = source.connect(DATABASE);
                Connection right = target.connect()) {
            return Optional.of(new DemoResult(
                    "PostgreSQL " + source.version(),
                    target.description(),
                    target.citus(),
                    tableKinds(right, target.citus()),
                    migration.copiedRows(),
                    migration.copyTook(),
                    applied.transactions(),
                    applied.rows(),
                    lagMs,
                    counts,
                    looks,
                    Books.read(right),
                    Comparison.of(left, right),
                    Duration.ofNanos(System.nanoTime() - started)));
        }
    }

    private void keep(PostgresServer source, DemoTarget target, MigrationRun migration) throws SQLException {
        notice("the application writes again, and changes stream, until you stop the demo (Ctrl-C)");
        notice("source: " + source.uri(DATABASE));
        notice("target: " + target.uri());
        try (WriteLoad load = WriteLoad.start(() -> source.connect(DATABASE), settings.scale())) {
            while (migration.streamFor(Duration.ofMinutes(1), stop)) {
                load.throwIfFailed();
            }
            load.stop();
        }
    }

    /** Though the source goes with the demo: it is what one has to do after a migration, and shows that it can be done. */
    private void removeFromSource(PostgresServer source, DemoTarget target) throws SQLException {
        MigrationSettings migration = migrationSettings(source, target);
        try (Connection connection = source.connect(DATABASE);
                Statement statement = connection.createStatement()) {
            for (int turn = 1;
                    Slot.read(connection, migration.slot()).filter(Slot::active).isPresent();
                    turn++) {
                if (turn == SLOT_TURNS) {
                    // Whoever reads it now is nobody that still counts.
                    statement.execute("SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots");
                    break;
                }
                statement.execute("SELECT pg_sleep(0.1)");
            }
            Slot.dropIfExists(connection, migration.slot());
            Publication.dropIfExists(connection, migration.publication());
        }
    }

    private MigrationSettings migrationSettings(PostgresServer source, DemoTarget target) {
        Map<ConfigKey, List<String>> flags = new EnumMap<>(ConfigKey.class);
        flags.put(ConfigKey.NAME, List.of("demo"));
        flags.put(ConfigKey.SOURCE_URI, List.of(source.uri(DATABASE)));
        flags.put(ConfigKey.TARGET_URI, List.of(target.uri()));
        flags.put(ConfigKey.DATA_DIR, List.of(dataDir.toString()));
        flags.put(ConfigKey.POLICY_STOP_TIMEOUT_SECONDS, List.of(Integer.toString(STOP_SECONDS)));
        // Nobody is there to mend a target that does not take something.
        flags.put(ConfigKey.POLICY_CAPTURE_WHEN_HALTED, List.of("false"));
        // Nothing of the user's own configuration: this is no migration of theirs.
        return new ConfigReader(Map.of(), dataDir, source.user()).read(Optional.empty(), flags);
    }

    /** On a cluster of somebody else's, a name that nobody else has. */
    private static String targetDatabase() {
        return "pg2citus_demo_" + ProcessHandle.current().pid();
    }

    private static Lsn written(PostgresServer source) throws SQLException {
        try (Connection connection = source.connect(DATABASE);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_wal_flush_lsn()")) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }

    private static Map<String, String> tableKinds(Connection target, boolean citus) throws SQLException {
        Map<String, String> kinds = new HashMap<>();
        try (Statement statement = target.createStatement();
                ResultSet rows = statement.executeQuery(
                        citus
                                ? """
                                SELECT c.relname, coalesce(t.citus_table_type, 'local')
                                FROM pg_class c LEFT JOIN citus_tables t ON t.table_name = c.oid
                                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"""
                                : """
                                SELECT relname, 'plain' FROM pg_class
                                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'""")) {
            while (rows.next()) {
                kinds.put(rows.getString(1), rows.getString(2));
            }
        }
        return kinds;
    }

    private void step(String text) {
        listener.on(new StepStarted(text));
    }

    private void notice(String text) {
        listener.on(new Notice(text));
    }
}
