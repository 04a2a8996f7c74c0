package org.pg2citus.runner.watch;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.change.SchemaChange;
import org.pg2citus.runner.change.SchemaChangeStore;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.cutover.CutoverState;
import org.pg2citus.runner.cutover.CutoverStep;
import org.pg2citus.runner.cutover.CutoverStore;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.postgres.Server;
import org.pg2citus.runner.postgres.Side;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.runner.state.CopiedChunk;
import org.pg2citus.runner.state.CopiedTable;
import org.pg2citus.runner.state.CopyState;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.MigrationStore;
import org.pg2citus.runner.state.Phase;
import org.pg2citus.runner.verify.SinkHold;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/**
 * How far a migration is, from SQL on both sides alone.
 *
 * @param slot empty when the source has none of this name
 * @param sourceLsn where the source writes
 * @param recentLagMs the lag in time that a running migration measured within the last minute
 * @param recentCopy how far the copy is, as a running migration left it within the last minute
 * @param heldAt the sink is held there: paused, or being verified
 * @param cutover empty when none was begun
 * @param schemaChange empty when none is open
 * @param health as a running migration left it within the last minute
 */
public record Status(
        MigrationState state,
        List<TableStatus> tables,
        AppliedProgress applied,
        Optional<Slot> slot,
        Lsn sourceLsn,
        Optional<Long> recentLagMs,
        Optional<CopyProgressed> recentCopy,
        Optional<Lsn> heldAt,
        Optional<CutoverState> cutover,
        Optional<SchemaChange> schemaChange,
        Optional<Health> health) {

    /** A migration in one word. */
    public enum Summary {
        /** Changes may be missing: nothing closes the gap. */
        LOST,
        /** The source is read-only, the application belongs on the target. */
        CUT_OVER,
        /** Nothing is applied although there is something. */
        STALLED,
        /** The sink is held: paused, or being verified. */
        HELD,
        /** Nobody captures: running it again continues. */
        STOPPED,
        /** All well. */
        RUNNING
    }

    /**
     * One table.
     *
     * @param copied empty while its copy is not complete
     * @param copying how far a copy is that is under way, or was interrupted
     * @param estimatedRows the source's estimate
     * @param sizeBytes on the source
     */
    public record TableStatus(
            TableId table,
            Optional<CopiedTable> copied,
            Optional<TableProgress> copying,
            long estimatedRows,
            long sizeBytes) {
        public TableStatus {
            requireNonNull(table, "table is null");
            requireNonNull(copied, "copied is null");
            requireNonNull(copying, "copying is null");
        }
    }

    public Status {
        requireNonNull(state, "state is null");
        requireNonNull(applied, "applied is null");
        requireNonNull(slot, "slot is null");
        requireNonNull(recentLagMs, "recentLagMs is null");
        requireNonNull(recentCopy, "recentCopy is null");
        requireNonNull(heldAt, "heldAt is null");
        requireNonNull(cutover, "cutover is null");
        requireNonNull(schemaChange, "schemaChange is null");
        requireNonNull(health, "health is null");
        tables = List.copyOf(tables);
    }

    /**
     * Asks both sides.
     *
     * @throws MigrationException ST004 (exit code 3) when the target knows no such migration
     */
    public static Status read(MigrationSettings settings) {
        Server targetServer = new Server(Side.TARGET, settings.target(), settings.name());
        MigrationStore store = new MigrationStore(settings.name());
        MigrationState state;
        AppliedProgress applied;
        CopyState copied;
        Optional<CopyProgressed> copying;
        Optional<Long> lagMs;
        Optional<Lsn> heldAt;
        Optional<CutoverState> cutover;
        Optional<SchemaChange> schemaChange;
        Optional<Health> health;
        try (Connection target = targetServer.connect("status")) {
            state = store.require(target, settings.target());
            applied = store.progress(target);
            copied = store.copies().read(target);
            copying = state.phase() == Phase.COPYING ? store.copies().recentProgress(target) : Optional.empty();
            lagMs = store.recentLagMs(target);
            heldAt = state.phase() == Phase.STREAMING ? SinkHold.current(target, state.name()) : Optional.empty();
            cutover = new CutoverStore(state.name()).load(target);
            schemaChange = new SchemaChangeStore(state.name()).load(target);
            health = new HealthStore(state.name()).recent(target);
        } catch (SQLException e) {
            throw targetServer.failure(e, "reading the migration's state");
        }
        Server sourceServer = new Server(Side.SOURCE, settings.source(), settings.name());
        try (Connection source = sourceServer.connect("status")) {
            Map<TableId, Table> sourceTables = Tables.read(source);
            List<TableStatus> tables = new ArrayList<>();
            for (TableId table : state.tables()) {
                Table onSource = sourceTables.get(table);
                tables.add(new TableStatus(
                        table,
                        Optional.ofNullable(copied.complete().get(table)),
                        copying(table, copied, copying, onSource == null ? 0 : onSource.estimatedRows()),
                        onSource == null ? 0 : onSource.estimatedRows(),
                        onSource == null ? 0 : onSource.sizeBytes()));
            }
            return new Status(
                    state,
                    tables,
                    applied,
                    Slot.read(source, state.slot()),
                    writtenLsn(source),
                    lagMs,
                    copying,
                    heldAt,
                    cutover,
                    schemaChange,
                    health);
        } catch (SQLException e) {
            throw sourceServer.failure(e, "reading the slot");
        }
    }

    /** What a running copy left; without one, what the ledger has of a table. */
    private static Optional<TableProgress> copying(
            TableId table, CopyState copied, Optional<CopyProgressed> running, long estimatedRows) {
        Optional<TableProgress> recent = running.stream()
                .flatMap(progress -> progress.tables().stream())
                .filter(progress -> progress.table().equals(table))
                .findFirst();
        if (recent.isPresent() || copied.finished(table).isEmpty()) {
            return recent;
        }
        var finished = copied.finished(table).values();
        return Optional.of(TableProgress.resting(
                table,
                TableProgress.State.WAITING,
                finished.stream().mapToLong(CopiedChunk::rows).sum(),
                finished.stream().mapToLong(CopiedChunk::bytes).sum(),
                estimatedRows));
    }

    /** Changes may be missing: nothing closes the gap. */
    public boolean slotLost() {
        return state.slotLsn().isPresent() && (slot.isEmpty() || slot.get().isLost());
    }

    /** How it is, the most severe first. */
    public Summary summary() {
        if (slotLost()) {
            return Summary.LOST;
        }
        if (cutover.filter(known -> known.step() == CutoverStep.DONE).isPresent()) {
            return Summary.CUT_OVER;
        }
        boolean stopped = slot.isEmpty() || !slot.get().active();
        if (!stopped
                && health.filter(known -> known.state() == Health.State.STALLED).isPresent()) {
            return Summary.STALLED;
        }
        if (heldAt.isPresent()) {
            return Summary.HELD;
        }
        return stopped ? Summary.STOPPED : Summary.RUNNING;
    }

    /** When the copy is done, or the target has caught up, at the present rate; empty when that is not known. */
    public Optional<Duration> timeLeft(Instant now) {
        return state.phase() == Phase.COPYING ? copyTimeLeft(tables, now) : health.flatMap(Health::caughtUpIn);
    }

    /** By the size of the tables that are copied since the first of them began. */
    static Optional<Duration> copyTimeLeft(List<TableStatus> tables, Instant now) {
        Optional<Instant> begun = tables.stream()
                .flatMap(table -> table.copied().stream())
                .map(CopiedTable::startedAt)
                .min(Comparator.naturalOrder());
        if (begun.isEmpty()) {
            return Optional.empty();
        }
        long done = 0;
        long left = 0;
        for (TableStatus table : tables) {
            if (table.copied().isPresent()) {
                done += table.sizeBytes();
            } else {
                left += table.sizeBytes();
            }
        }
        long ms = Duration.between(begun.get(), now).toMillis();
        return done == 0 ? Optional.empty() : Optional.of(Duration.ofMillis(Math.round((double) ms * left / done)));
    }

    /** WAL between what the source wrote and what is applied; before the stream, since the slot was made. */
    public long lagBytes() {
        Lsn from = applied.lsn().compareTo(state.slotLsn().orElse(Lsn.ZERO)) > 0
                ? applied.lsn()
                : state.slotLsn().orElse(sourceLsn);
        return Math.max(0, sourceLsn.bytesSince(from));
    }

    private static Lsn writtenLsn(Connection source) throws SQLException {
        try (Statement statement = source.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn()"
                                + " END")) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }
}
