package org.pg2citus.sink.apply;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.batch.KeyedDelete;
import org.pg2citus.sink.batch.KeyedUpdate;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.failure.Failure;
import org.pg2citus.sink.failure.SqlStates;

/** Applies the net change of one table: deletes, then updates, then inserts. */
final class TableWriter {

    private final Session session;
    private final RowWriter rowWriter;
    private final WriterMetrics metrics;
    private final TargetTable table;
    private final TableDelta delta;
    private final Divergences divergences;

    /** Rows that updates took out, to be put in again with the inserts. */
    private final List<Row> relocated = new ArrayList<>();

    TableWriter(Session session, WriterMetrics metrics, TargetTable table, TableDelta delta, Divergences divergences) {
        this.divergences = divergences;
        this.session = session;
        this.rowWriter = new RowWriter(session);
        this.metrics = metrics;
        this.table = table;
        this.delta = delta;
    }

    TargetTable table() {
        return table;
    }

    void delete() throws SQLException {
        clear();
        Map<List<String>, List<ClientRow<KeyedDelete>>> byColumns = new LinkedHashMap<>();
        for (KeyedDelete delete : delta.deletes()) {
            RowMatch match = withOldDistributionValue(RowMatch.byKey(delete.key()), delete.before());
            byColumns
                    .computeIfAbsent(match.columns(), columns -> new ArrayList<>())
                    .add(new ClientRow<>(match.values(), delete));
        }
        for (Map.Entry<List<String>, List<ClientRow<KeyedDelete>>> same : byColumns.entrySet()) {
            MatchedRows shape = new MatchedRows(table, Columns.of(table, same.getKey()), List.of());
            MatchedWrite.Result<KeyedDelete> result =
                    matchedWrite("a delete from", same.getKey()).run(shape, same.getValue(), shape::delete);
            if (result.missing() > 0) {
                divergences.missing(
                        "AP004",
                        "a delete from",
                        table.id(),
                        same.getKey(),
                        same.getValue().size(),
                        result.missing(),
                        result.keys());
            }
        }
        metrics.deleted(delta.deletes().size());
        if (!delta.keylessDeletes().isEmpty()) {
            new KeylessDelete(rowWriter, table, divergences).delete(delta.keylessDeletes());
            metrics.deleted(delta.keylessDeletes().size());
        }
    }

    /** Deletes by key what may or may not be there. */
    private void clear() throws SQLException {
        if (delta.cleared().isEmpty()) {
            return;
        }
        new Relocation(session, rowWriter, table, divergences).requireNoEffectOfDelete();
        Map<List<String>, List<ClientRow<Row>>> byColumns = new LinkedHashMap<>();
        for (Row key : delta.cleared()) {
            RowMatch match = RowMatch.byKey(key);
            byColumns
                    .computeIfAbsent(match.columns(), columns -> new ArrayList<>())
                    .add(new ClientRow<>(match.values(), key));
        }
        for (Map.Entry<List<String>, List<ClientRow<Row>>> same : byColumns.entrySet()) {
            MatchedRows shape = new MatchedRows(table, Columns.of(table, same.getKey()), List.of());
            // Rows that are not there are no divergence here; a key that is several rows is.
            var unused = matchedWrite("a replacement in", same.getKey()).run(shape, same.getValue(), shape::delete);
        }
    }

    /** Updates in place what can be; rows that cannot be are taken out, to be put in by {@link #insert}. */
    void update() throws SQLException {
        if (delta.updates().isEmpty()) {
            return;
        }
        UpdatePlan plan = UpdatePlan.of(table, delta.updates());
        if (!plan.mayCollide()) {
            updateInPlace(plan);
            return;
        }
        // Row by row, values may collide that are unique again at the end: two rows that swap a unique value.
        session.execute("SAVEPOINT pg2citus_update");
        try {
            updateInPlace(plan);
        } catch (SQLException e) {
            if (!SqlStates.isCollision(e)) {
                throw e;
            }
            session.execute("ROLLBACK TO SAVEPOINT pg2citus_update");
            relocated.clear();
            relocate(delta.updates());
        }
        session.execute("RELEASE SAVEPOINT pg2citus_update");
    }

    void insert() throws SQLException {
        List<Row> rows = new ArrayList<>(relocated);
        rows.addAll(delta.inserts());
        if (!rows.isEmpty()) {
            new CopyInsert(session).insert(table, rows);
        }
        metrics.inserted(delta.inserts().size());
    }

    private void updateInPlace(UpdatePlan plan) throws SQLException {
        List<KeyedUpdate> toRelocate = new ArrayList<>(plan.relocated());
        for (Map.Entry<UpdatePlan.Shape, List<ClientRow<KeyedUpdate>>> same :
                plan.inPlace().entrySet()) {
            toRelocate.addAll(updateSame(same.getKey(), same.getValue()));
        }
        metrics.updated(delta.updates().size() - toRelocate.size());
        if (!toRelocate.isEmpty()) {
            relocate(toRelocate);
        }
    }

    /** Returns the updates whose rows were not where they were assumed to be. */
    private List<KeyedUpdate> updateSame(UpdatePlan.Shape shape, List<ClientRow<KeyedUpdate>> updates)
            throws SQLException {
        if (updateThroughStage(shape, updates)) {
            return List.of();
        }
        MatchedRows rows = new MatchedRows(table, shape.match(), shape.set());
        List<String> keyColumns = shape.match().stream().map(TargetColumn::name).toList();
        MatchedWrite.Result<KeyedUpdate> result = matchedWrite("an update of", keyColumns)
                .run(rows, updates, (chunk, numbered) -> rows.update(chunk, shape.fallback(), numbered));
        if (shape.assumed()) {
            return result.incomplete().stream().map(ClientRow::origin).toList();
        }
        if (result.missing() > 0) {
            divergences.missing(
                    "AP003", "an update of", table.id(), keyColumns, updates.size(), result.missing(), result.keys());
        }
        return List.of();
    }

    /** Returns false when the updates are still to be done: no stage takes them, or some rows were not there. */
    private boolean updateThroughStage(UpdatePlan.Shape shape, List<ClientRow<KeyedUpdate>> updates)
            throws SQLException {
        Optional<Stage> stage = session.stages()
                .of(table)
                .filter(candidate -> candidate.takes(shape.match(), shape.set(), updates.size()));
        if (stage.isEmpty()) {
            return false;
        }
        session.execute("SAVEPOINT pg2citus_stage");
        boolean done;
        try {
            done = stage.get().update(shape.match(), shape.set(), updates);
        } catch (SQLException e) {
            if (SqlStates.classify(e) == Failure.RETRY) {
                throw e;
            }
            // What the other way says of it is what counts: this one has ways of its own to fail.
            session.stages().giveUp(table, e);
            done = false;
        }
        if (!done) {
            session.execute("ROLLBACK TO SAVEPOINT pg2citus_stage");
        }
        session.execute("RELEASE SAVEPOINT pg2citus_stage");
        if (done) {
            metrics.staged(updates.size());
        }
        return done;
    }

    private MatchedWrite matchedWrite(String what, List<String> keyColumns) {
        return new MatchedWrite(rowWriter, what, table.id(), keyColumns, session.showKeys());
    }

    private void relocate(List<KeyedUpdate> updates) throws SQLException {
        relocated.addAll(new Relocation(session, rowWriter, table, divergences).takeOut(updates));
        metrics.relocated(updates.size());
    }

    private RowMatch withOldDistributionValue(RowMatch match, Optional<Row> before) {
        if (table.distributionColumn().isEmpty()) {
            return match;
        }
        String column = table.distributionColumn().get();
        return before.flatMap(row -> RowMatch.known(row, column))
                .map(value -> match.and(column, value, false))
                .orElse(match);
    }
}
