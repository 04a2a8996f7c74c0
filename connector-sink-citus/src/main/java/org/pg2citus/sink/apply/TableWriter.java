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
import org.pg2citus.sink.failure.SqlStates;

/** Applies the net change of one table: deletes, then updates, then inserts. */
final class TableWriter {

    private final Session session;
    private final RowWriter rowWriter;
    private final WriterMetrics metrics;
    private final TargetTable table;
    private final TableDelta delta;

    /** Rows that updates took out, to be put in again with the inserts. */
    private final List<Row> relocated = new ArrayList<>();

    TableWriter(Session session, WriterMetrics metrics, TargetTable table, TableDelta delta) {
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
            List<BoundStatement> statements = new ArrayList<>();
            for (List<ClientRow<KeyedDelete>> chunk : rowWriter.chunks(shape, same.getValue())) {
                statements.add(shape.delete(chunk));
            }
            int hit = RowWriter.sum(rowWriter.execute(statements));
            if (hit != same.getValue().size()) {
                throw Halts.wrongCount(
                        "AP004",
                        "a delete from",
                        table.id(),
                        same.getKey(),
                        same.getValue().size(),
                        hit);
            }
        }
        metrics.deleted(delta.deletes().size());
        if (!delta.keylessDeletes().isEmpty()) {
            new KeylessDelete(rowWriter, table).delete(delta.keylessDeletes());
            metrics.deleted(delta.keylessDeletes().size());
        }
    }

    /** Deletes by key what may or may not be there. */
    private void clear() throws SQLException {
        if (delta.cleared().isEmpty()) {
            return;
        }
        new Relocation(session, rowWriter, table).requireNoEffectOfDelete();
        Map<List<String>, List<ClientRow<Row>>> byColumns = new LinkedHashMap<>();
        for (Row key : delta.cleared()) {
            RowMatch match = RowMatch.byKey(key);
            byColumns
                    .computeIfAbsent(match.columns(), columns -> new ArrayList<>())
                    .add(new ClientRow<>(match.values(), key));
        }
        for (Map.Entry<List<String>, List<ClientRow<Row>>> same : byColumns.entrySet()) {
            MatchedRows shape = new MatchedRows(table, Columns.of(table, same.getKey()), List.of());
            List<BoundStatement> statements = new ArrayList<>();
            for (List<ClientRow<Row>> chunk : rowWriter.chunks(shape, same.getValue())) {
                statements.add(shape.delete(chunk));
            }
            int hit = RowWriter.sum(rowWriter.execute(statements));
            if (hit > same.getValue().size()) {
                throw Halts.wrongCount(
                        "AP004",
                        "a replacement in",
                        table.id(),
                        same.getKey(),
                        same.getValue().size(),
                        hit);
            }
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
        MatchedRows rows = new MatchedRows(table, shape.match(), shape.set());
        List<List<ClientRow<KeyedUpdate>>> chunks = rowWriter.chunks(rows, updates);
        List<BoundStatement> statements = new ArrayList<>();
        for (List<ClientRow<KeyedUpdate>> chunk : chunks) {
            statements.add(rows.update(chunk, shape.fallback()));
        }
        int[] hits = rowWriter.execute(statements);
        List<KeyedUpdate> missed = new ArrayList<>();
        for (int i = 0; i < hits.length; i++) {
            if (hits[i] < statements.get(i).rows() && shape.assumed()) {
                chunks.get(i).forEach(row -> missed.add(row.origin()));
            } else if (hits[i] != statements.get(i).rows()) {
                throw Halts.wrongCount(
                        "AP003",
                        "an update of",
                        table.id(),
                        shape.match().stream().map(TargetColumn::name).toList(),
                        updates.size(),
                        RowWriter.sum(hits));
            }
        }
        return missed;
    }

    private void relocate(List<KeyedUpdate> updates) throws SQLException {
        relocated.addAll(new Relocation(session, rowWriter, table).takeOut(updates));
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
