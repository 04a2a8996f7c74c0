package org.pg2citus.sink.apply;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.batch.KeyedUpdate;
import org.pg2citus.sink.catalog.ForeignKey;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.failure.HaltException;

/**
 * Takes rows out of a table and gives them back as they must be put in again: an update that no UPDATE can do. Values that
 * the source did not send, and columns that only the target has, are taken from the old row.
 */
final class Relocation {

    private final Session session;
    private final RowWriter rowWriter;
    private final TargetTable table;
    private final Divergences divergences;

    Relocation(Session session, RowWriter rowWriter, TargetTable table, Divergences divergences) {
        this.divergences = divergences;
        this.session = session;
        this.rowWriter = rowWriter;
        this.table = table;
    }

    /** Deletes the rows of these updates and returns the rows to insert. All must be taken out before any is put in. */
    List<Row> takeOut(List<KeyedUpdate> updates) throws SQLException {
        requireNoEffectOfDelete();
        Map<List<String>, List<KeyedUpdate>> byColumns = new LinkedHashMap<>();
        for (KeyedUpdate update : updates) {
            byColumns
                    .computeIfAbsent(match(update).columns(), columns -> new ArrayList<>())
                    .add(update);
        }
        List<Row> rows = new ArrayList<>();
        for (Map.Entry<List<String>, List<KeyedUpdate>> same : byColumns.entrySet()) {
            takeOut(same.getKey(), same.getValue(), rows);
        }
        return rows;
    }

    private void takeOut(List<String> columns, List<KeyedUpdate> updates, List<Row> rows) throws SQLException {
        MatchedRows shape = new MatchedRows(table, Columns.of(table, columns), List.of());
        List<TargetColumn> returned = table.writableColumns();
        List<String> names = returned.stream().map(TargetColumn::name).toList();
        List<ClientRow<KeyedUpdate>> keys = updates.stream()
                .map(update -> new ClientRow<>(match(update).values(), update))
                .toList();
        List<ClientRow<KeyedUpdate>> missing = new ArrayList<>();
        for (List<ClientRow<KeyedUpdate>> chunk : rowWriter.chunks(shape, keys)) {
            boolean[] found = new boolean[chunk.size()];
            rowWriter.query(shape.deleteReturning(chunk, returned), row -> {
                int number = row.getInt(1);
                if (found[number]) {
                    throw Halts.repeated("an update of", table.id(), columns);
                }
                found[number] = true;
                Row after = chunk.get(number).origin().after();
                String[] values = new String[names.size()];
                for (int i = 0; i < values.length; i++) {
                    int sent = after.columns().indexOf(names.get(i));
                    values[i] = sent >= 0 && after.isAvailable(sent) ? after.value(sent) : row.getString(i + 2);
                }
                rows.add(new Row(names, values));
            });
            for (int i = 0; i < found.length; i++) {
                if (!found[i]) {
                    missing.add(chunk.get(i));
                }
            }
        }
        if (!missing.isEmpty()) {
            divergences.missing(
                    "AP003",
                    "an update of",
                    table.id(),
                    columns,
                    updates.size(),
                    missing.size(),
                    session.showKeys() ? Halts.keys(missing, columns.size()) : List.of());
        }
    }

    private RowMatch match(KeyedUpdate update) {
        RowMatch match = RowMatch.byKey(update.originKey());
        if (table.distributionColumn().isEmpty()) {
            return match;
        }
        String column = table.distributionColumn().get();
        return update.before()
                .flatMap(row -> RowMatch.known(row, column))
                .map(value -> match.and(column, value, false))
                .orElse(match);
    }

    /** With foreign keys active, the delete would reach rows of other tables, and nothing would bring them back. */
    void requireNoEffectOfDelete() {
        if (session.replicaRole()) {
            return;
        }
        Optional<ForeignKey> effective = table.foreignKeys().stream()
                .filter(key -> key.parent().equals(table.id()) && key.deleteHasEffect())
                .findFirst();
        if (effective.isPresent()) {
            throw new HaltException(
                    "AP010",
                    ("a change of %s needs the row to be deleted and inserted again, but foreign key %s of %s would then"
                                    + " change or delete its rows. Nothing of this batch is applied. Let the sink turn"
                                    + " foreign keys off: GRANT SET ON PARAMETER session_replication_role TO its role, on"
                                    + " the coordinator and on every worker, then start again.")
                            .formatted(
                                    table.id(),
                                    effective.get().name(),
                                    effective.get().child()));
        }
    }
}
