package org.pg2citus.runner.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.MigrationEvent.StepStarted;
import org.pg2citus.runner.event.MigrationListener;
import org.pg2citus.runner.event.StopSignal;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.state.CopyStore;
import org.pg2citus.runner.state.DeferredIndex;
import org.pg2citus.sink.change.TableId;

/**
 * Drops indexes before the copy and builds them after it, which is quicker than to keep them up row by row. Only those that
 * enforce nothing: unique ones keep the copy right, and the primary key the stream quick.
 *
 * <p>Each is remembered before it is dropped, and forgotten after it is built; so whatever ends a run, a later one builds
 * what is missing.
 */
final class DeferredIndexes {

    // What CREATE INDEX would not bring back stays: comments, tablespaces, statistics targets, the mark of CLUSTER.
    private static final String FIND =
            """
            SELECT n.nspname, c.relname, rn.nspname, r.relname, pg_get_indexdef(i.indexrelid),
                   format('CREATE INDEX %I ON ', c.relname), c.relkind = 'I'
            FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_class r ON r.oid = coalesce(pg_partition_root(i.indrelid), i.indrelid)
            JOIN pg_namespace rn ON rn.oid = r.relnamespace
            WHERE (rn.nspname, r.relname) IN (SELECT * FROM unnest(?::text[], ?::text[]))
              AND NOT i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND NOT i.indisclustered
              AND NOT i.indisreplident AND NOT c.relispartition AND c.reltablespace = 0
              AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid)
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass
                              AND d.refobjid = i.indexrelid AND d.deptype IN ('n', 'e'))
              AND NOT EXISTS (SELECT FROM pg_description d WHERE d.classoid = 'pg_class'::regclass
                              AND d.objoid = i.indexrelid)
              AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attstattarget > 0)
            ORDER BY 1, 2""";

    private static final Duration TICK = Duration.ofSeconds(1);

    private final Sessions sessions;
    private final CopyStore store;
    private final boolean citus;
    private final int jobs;
    private final MigrationListener listener;
    private final StopSignal stop;
    private final List<Connection> open = new ArrayList<>();
    private final AtomicReference<RuntimeException> failure = new AtomicReference<>();

    DeferredIndexes(
            Sessions sessions, CopyStore store, boolean citus, int jobs, MigrationListener listener, StopSignal stop) {
        this.sessions = sessions;
        this.store = store;
        this.citus = citus;
        this.jobs = jobs;
        this.listener = listener;
        this.stop = stop;
    }

    void drop(Collection<TableId> tables) {
        List<DeferredIndex> indexes = sessions.onTarget("reading indexes", target -> find(target, tables));
        for (DeferredIndex index : indexes) {
            sessions.onTarget("dropping index %s for the copy".formatted(index), target -> {
                store.rememberIndex(target, index);
                try (Statement statement = target.createStatement()) {
                    statement.execute("DROP INDEX IF EXISTS " + toSql(index));
                }
                return null;
            });
        }
        if (!indexes.isEmpty()) {
            listener.on(new Notice("%d index%s of the target dropped until the copy is done"
                    .formatted(indexes.size(), indexes.size() == 1 ? " is" : "es are")));
        }
    }

    private static List<DeferredIndex> find(Connection target, Collection<TableId> tables) throws SQLException {
        List<DeferredIndex> indexes = new ArrayList<>();
        try (PreparedStatement query = target.prepareStatement(FIND)) {
            query.setArray(
                    1,
                    target.createArrayOf(
                            "text", tables.stream().map(TableId::schema).toArray()));
            query.setArray(
                    2,
                    target.createArrayOf(
                            "text", tables.stream().map(TableId::name).toArray()));
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    String definition = row.getString(5);
                    String beginning = row.getString(6);
                    if (row.getBoolean(7) && definition.startsWith(beginning + "ONLY ")) {
                        // Of a partitioned index the catalog tells only the root's part.
                        definition = beginning + definition.substring(beginning.length() + "ONLY ".length());
                    }
                    indexes.add(new DeferredIndex(
                            row.getString(1),
                            row.getString(2),
                            new TableId(row.getString(3), row.getString(4)),
                            definition));
                }
            }
        }
        return indexes;
    }

    /**
     * Builds what is missing of them.
     *
     * @return false when it was stopped before the end
     */
    boolean build() {
        List<DeferredIndex> indexes = sessions.onTarget("reading deferred indexes", store::deferredIndexes);
        if (indexes.isEmpty()) {
            return true;
        }
        Deque<List<DeferredIndex>> tasks = new ArrayDeque<>(tasks(indexes));
        int threads = Math.min(jobs, tasks.size());
        listener.on(new StepStarted("building %d index%s, %d at a time"
                .formatted(indexes.size(), indexes.size() == 1 ? "" : "es", threads)));
        CountDownLatch running = new CountDownLatch(threads);
        for (int number = 1; number <= threads; number++) {
            Thread thread = new Thread(() -> work(tasks, running), "index-" + number);
            thread.setDaemon(true);
            thread.start();
        }
        boolean stopped = false;
        while (!awaitEnd(running)) {
            if (!stopped && (stop.isRequested() || failure.get() != null)) {
                stopped = true;
                abortAll();
            }
        }
        if (failure.get() != null && !stop.isRequested()) {
            throw failure.get();
        }
        return !stopped && failure.get() == null;
    }

    /** Citus takes locks on a table for DDL, in which two of them could block each other. */
    private List<List<DeferredIndex>> tasks(List<DeferredIndex> indexes) {
        Map<Object, List<DeferredIndex>> tasks = new LinkedHashMap<>();
        for (DeferredIndex index : indexes) {
            tasks.computeIfAbsent(citus ? index.table() : index, key -> new ArrayList<>())
                    .add(index);
        }
        return List.copyOf(tasks.values());
    }

    private void work(Deque<List<DeferredIndex>> tasks, CountDownLatch running) {
        try (Connection target = opened(sessions.targetServer().connect("index"))) {
            for (Optional<List<DeferredIndex>> task = next(tasks); task.isPresent(); task = next(tasks)) {
                for (DeferredIndex index : task.get()) {
                    build(target, index);
                }
            }
        } catch (SQLException e) {
            failure.compareAndSet(null, sessions.targetServer().failure(e, "building indexes"));
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        } finally {
            running.countDown();
        }
    }

    private Optional<List<DeferredIndex>> next(Deque<List<DeferredIndex>> tasks) {
        synchronized (tasks) {
            return stop.isRequested() || failure.get() != null ? Optional.empty() : Optional.ofNullable(tasks.poll());
        }
    }

    private void build(Connection target, DeferredIndex index) {
        long started = System.nanoTime();
        try {
            if (!exists(target, index)) {
                try (Statement statement = target.createStatement()) {
                    statement.execute(index.definition());
                }
            }
            store.forgetIndex(target, index);
        } catch (SQLException e) {
            throw new MigrationException(
                    ExitCode.TARGET,
                    "CP011",
                    "index %s of the target cannot be built after the copy (SQLSTATE %s): %s"
                            .formatted(
                                    index,
                                    e.getSQLState(),
                                    String.valueOf(e.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse("")),
                    "mend the cause and run the command again, it builds what is missing; the index is: "
                            + index.definition(),
                    e);
        }
        listener.on(new Notice("index %s is built, in %.1f s".formatted(index, (System.nanoTime() - started) / 1e9)));
    }

    private static boolean exists(Connection target, DeferredIndex index) throws SQLException {
        try (PreparedStatement query = target.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            query.setString(1, toSql(index));
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static String toSql(DeferredIndex index) {
        return TableId.quote(index.schema()) + "." + TableId.quote(index.name());
    }

    private Connection opened(Connection connection) {
        synchronized (open) {
            open.add(connection);
        }
        return connection;
    }

    private void abortAll() {
        synchronized (open) {
            for (Connection connection : open) {
                try {
                    connection.abort(Runnable::run);
                } catch (SQLException e) {
                    failure.compareAndSet(null, sessions.targetServer().failure(e, "closing a session"));
                }
            }
        }
    }

    private static boolean awaitEnd(CountDownLatch running) {
        try {
            return running.await(TICK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationException(
                    ExitCode.INTERNAL, "CP002", "interrupted while building indexes", "run the command again", e);
        }
    }
}
