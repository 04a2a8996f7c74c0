package org.pg2citus.sink.apply;

import static org.pg2citus.sink.change.TableId.quote;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.change.Row;

/** Inserts rows by COPY: the fastest form on Citus at every size, once in sequential mode. */
final class CopyInsert {

    private final Session session;

    CopyInsert(Session session) {
        this.session = session;
    }

    static String sql(TargetTable table, List<String> columns) {
        return columns.stream()
                .map(column -> quote(column))
                .collect(Collectors.joining(", ", "COPY " + table.id().toSql() + " (", ") FROM STDIN"));
    }

    /** Inserts complete rows; columns that the target computes are left out, columns that the rows lack get defaults. */
    void insert(TargetTable table, List<Row> rows) throws SQLException {
        Map<List<String>, List<Row>> byColumns = new LinkedHashMap<>();
        for (Row row : rows) {
            byColumns
                    .computeIfAbsent(row.columns(), columns -> new ArrayList<>())
                    .add(row);
        }
        for (Map.Entry<List<String>, List<Row>> same : byColumns.entrySet()) {
            copy(table, same.getKey(), same.getValue());
        }
    }

    private void copy(TargetTable table, List<String> columns, List<Row> rows) throws SQLException {
        List<String> written = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            if (!Columns.of(table, columns.get(i)).generated()) {
                written.add(columns.get(i));
                places.add(i);
            }
        }
        long inserted = new CopyStream(session).send(sql(table, written), rows, (row, line) -> {
            for (int i = 0; i < places.size(); i++) {
                if (i > 0) {
                    line.append('\t');
                }
                CopyText.append(line, available(table, row, places.get(i)));
            }
        });
        if (inserted != rows.size()) {
            throw Halts.wrongInsertCount(table.id(), rows.size(), inserted);
        }
    }

    private static String available(TargetTable table, Row row, int place) {
        if (!row.isAvailable(place)) {
            throw new AssertionError("an insert into %s has no value for column %s"
                    .formatted(table.id(), row.columns().get(place)));
        }
        return row.value(place);
    }
}
