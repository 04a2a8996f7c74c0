package org.pg2citus.sink.apply;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.pg2citus.sink.batch.KeyedUpdate;
import org.pg2citus.sink.batch.TableDelta;
import org.pg2citus.sink.catalog.ForeignKeyOrder;
import org.pg2citus.sink.catalog.TargetCatalog;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.SqlStates;

/** Applies the net change of all tables of a batch, in an order that the target's foreign keys allow. */
final class BatchWriter {

    /** Constraints of partitions belong to the one of their root. */
    private static final String REFERENCED_BY_OTHERS =
            """
            SELECT EXISTS (SELECT FROM pg_constraint
              WHERE contype = 'f' AND conparentid = 0
                AND confrelid = ANY (?::text[]::regclass[]) AND conrelid <> ALL (?::text[]::regclass[]))""";

    private final Session session;
    private final WriterMetrics metrics;
    private final Divergences divergences;

    /** With rows of two versions of a table in one transaction, in whatever parts, the columns of both are needed. */
    private final Map<TableId, Set<String>> sentInTransaction = new HashMap<>();

    /** For messages: what a failed statement was for. */
    private String place = "the batch";

    BatchWriter(Session session, WriterMetrics metrics) {
        this.session = session;
        this.metrics = metrics;
        this.divergences = new Divergences(session.divergencePolicy());
    }

    String place() {
        return place;
    }

    /** What the updates and deletes so far did not find. */
    Divergences divergences() {
        return divergences;
    }

    /** Writes net changes in the order given; a table may come again, when its definition changed in between. */
    void write(List<TableDelta> deltas) throws SQLException {
        List<TableDelta> part = new ArrayList<>();
        Set<TableId> inPart = new HashSet<>();
        for (TableDelta delta : deltas) {
            if (!inPart.add(delta.table())) {
                writePart(part);
                part.clear();
                inPart.clear();
                inPart.add(delta.table());
            }
            part.add(delta);
        }
        writePart(part);
    }

    private void writePart(List<TableDelta> deltas) throws SQLException {
        Map<TableId, TableDelta> byTable = new HashMap<>();
        List<TargetTable> tables = new ArrayList<>();
        for (TableDelta delta : deltas) {
            byTable.put(delta.table(), delta);
            tables.add(table(delta));
        }
        truncate(tables.stream()
                .filter(table -> byTable.get(table.id()).truncated())
                .toList());
        List<TargetTable> ordered = ForeignKeyOrder.parentsFirst(tables);
        // What is cleared makes way for what is inserted: after it, it would take that away.
        boolean isCleared = deltas.stream().anyMatch(delta -> !delta.cleared().isEmpty());
        if (isCleared || session.replicaRole() || !ForeignKeyOrder.areTied(ordered)) {
            deletesFirst(writers(ordered, byTable));
        } else {
            underForeignKeys(ordered, byTable);
        }
    }

    /**
     * With foreign keys checked statement by statement: new rows first, then deletes, so that no row is without its parent
     * at any time. Only where that makes old and new rows collide are the deletes first.
     */
    private void underForeignKeys(List<TargetTable> ordered, Map<TableId, TableDelta> deltas) throws SQLException {
        session.execute("SAVEPOINT pg2citus_batch");
        try {
            deletesLast(writers(ordered, deltas));
        } catch (SQLException e) {
            if (!SqlStates.isCollision(e)) {
                throw e;
            }
            session.execute("ROLLBACK TO SAVEPOINT pg2citus_batch");
            try {
                deletesFirst(writers(ordered, deltas));
            } catch (SQLException second) {
                if (!SqlStates.isForeignKeyViolation(second)) {
                    throw second;
                }
                throw new HaltException(
                        "AP012",
                        ("no order of statements satisfies both the foreign keys and the unique constraints of %s: %s."
                                        + " Nothing of this batch is applied. Let the sink turn foreign keys off: GRANT SET"
                                        + " ON PARAMETER session_replication_role TO its role, on the coordinator and on"
                                        + " every worker, then start again.")
                                .formatted(place, ErrorText.of(second)),
                        ErrorText.cause(second));
            }
        }
        session.execute("RELEASE SAVEPOINT pg2citus_batch");
    }

    private void deletesFirst(List<TableWriter> parentsFirst) throws SQLException {
        for (TableWriter writer : reversed(parentsFirst)) {
            at(writer).delete();
        }
        for (TableWriter writer : parentsFirst) {
            at(writer).update();
            writer.insert();
        }
    }

    private void deletesLast(List<TableWriter> parentsFirst) throws SQLException {
        for (TableWriter writer : parentsFirst) {
            at(writer).update();
            writer.insert();
        }
        for (TableWriter writer : reversed(parentsFirst)) {
            at(writer).delete();
        }
    }

    /** All in one statement, so that tables which reference each other can be truncated. */
    private void truncate(List<TargetTable> tables) throws SQLException {
        if (tables.isEmpty()) {
            return;
        }
        place = "the truncated tables";
        if (session.replicaRole() && isReferencedByOthers(tables)) {
            // The source emptied those as well, but before their copy was read. Under the replica role their rows stay.
            for (TargetTable table : tables) {
                session.execute("DELETE FROM " + table.toSql());
            }
            return;
        }
        String sql = tables.stream().map(TargetTable::toSql).collect(Collectors.joining(", ", "TRUNCATE ", ""));
        if (session.replicaRole()) {
            // Under the replica role Citus truncates nothing, and says nothing: its trigger does not fire.
            session.execute(ReplicaRole.OFF);
            session.execute(sql);
            session.execute(ReplicaRole.ON);
        } else {
            session.execute(sql);
        }
    }

    private boolean isReferencedByOthers(List<TargetTable> tables) throws SQLException {
        try (PreparedStatement query = session.connection().prepareStatement(REFERENCED_BY_OTHERS)) {
            Array names = session.connection()
                    .createArrayOf(
                            "text",
                            tables.stream().map(table -> table.id().toSql()).toArray());
            query.setArray(1, names);
            query.setArray(2, names);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private List<TableWriter> writers(List<TargetTable> tables, Map<TableId, TableDelta> deltas) {
        return tables.stream()
                .map(table -> new TableWriter(session, metrics, table, deltas.get(table.id()), divergences))
                .toList();
    }

    private TableWriter at(TableWriter writer) {
        place = "table " + writer.table().id();
        return writer;
    }

    private TargetTable table(TableDelta delta) throws SQLException {
        TableId id = delta.table();
        place = "table " + id;
        TargetCatalog catalog = session.catalog();
        TargetTable table = catalog.table(id).orElseThrow(() -> Halts.unknownTable(id));
        Set<String> inDelta = sentColumns(delta);
        if (inDelta.isEmpty()) {
            return table;
        }
        Set<String> sent = sentInTransaction.computeIfAbsent(id, unknown -> new HashSet<>());
        sent.addAll(inDelta);
        if (!table.columns().keySet().containsAll(sent) || !gone(table, sent).isEmpty()) {
            // Perhaps it was changed after the table was read.
            catalog.forget(id);
            table = catalog.table(id).orElseThrow(() -> Halts.unknownTable(id));
        }
        List<String> gone = gone(table, sent);
        if (!gone.isEmpty()) {
            Set<String> unknown = new TreeSet<>(sent);
            unknown.removeAll(table.columns().keySet());
            throw Halts.columnsGone(id, gone, unknown);
        }
        session.sentColumns().remember(id, Set.copyOf(sent));
        return table;
    }

    /** What the source has sent before, and the target still has. Generated columns it may send or not. */
    private List<String> gone(TargetTable table, Set<String> sent) throws SQLException {
        return session.sentColumns().missing(table.id(), sent).stream()
                .filter(name -> table.columns().containsKey(name)
                        && !table.columns().get(name).generated())
                .toList();
    }

    /** Of all rows together. */
    private static Set<String> sentColumns(TableDelta delta) {
        Set<String> sent = new HashSet<>();
        List<String> last = List.of();
        for (Row row : delta.inserts()) {
            last = addColumns(sent, row, last);
        }
        for (KeyedUpdate update : delta.updates()) {
            last = addColumns(sent, update.after(), last);
        }
        return sent;
    }

    private static List<String> addColumns(Set<String> sent, Row row, List<String> last) {
        // Rows of one version nearly always share the list, which makes this quick.
        if (!row.columns().equals(last)) {
            sent.addAll(row.columns());
        }
        return row.columns();
    }

    private static <T> List<T> reversed(List<T> list) {
        List<T> copy = new ArrayList<>(list);
        Collections.reverse(copy);
        return copy;
    }
}
