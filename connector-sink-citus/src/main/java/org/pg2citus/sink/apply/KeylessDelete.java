package org.pg2citus.sink.apply;

import static org.pg2citus.sink.change.TableId.quote;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.failure.HaltException;
import org.pg2citus.sink.failure.SqlStates;

/**
 * Deletes rows of a table without a key: for each row one that is the same in every column, and only one, also when there
 * are more.
 */
final class KeylessDelete {

    private final RowWriter rowWriter;
    private final TargetTable table;
    private final Divergences divergences;

    KeylessDelete(RowWriter rowWriter, TargetTable table, Divergences divergences) {
        this.rowWriter = rowWriter;
        this.table = table;
        this.divergences = divergences;
    }

    void delete(List<Row> rows) throws SQLException {
        List<BoundStatement> statements = new ArrayList<>();
        for (Row row : rows) {
            statements.add(statement(row));
        }
        statements.sort(Comparator.comparing(BoundStatement::sql));
        int hit = RowWriter.sum(execute(statements));
        if (hit != rows.size()) {
            divergences.missing(
                    "AP005",
                    "a delete from",
                    table.id(),
                    List.of("all columns"),
                    rows.size(),
                    rows.size() - hit,
                    List.of());
        }
    }

    private int[] execute(List<BoundStatement> statements) throws SQLException {
        try {
            return rowWriter.execute(statements);
        } catch (SQLException e) {
            if (!"0A000".equals(SqlStates.state(e))
                    || table.distributionColumn().isEmpty()) {
                throw e;
            }
            TargetColumn column = Columns.of(table, table.distributionColumn().get());
            throw new HaltException(
                    "AP015",
                    ("a row is to be deleted from %s, which has no key, and Citus cannot tell the shard from its distribution"
                                    + " column %s: it never can for boolean, array, composite and domain types (here"
                                    + " %s). Give the table a primary key on source and target, or distribute it by another"
                                    + " column, then start again. The server said: %s")
                            .formatted(table.id(), column.name(), column.type(), ErrorText.of(e)),
                    e);
        }
    }

    BoundStatement statement(Row row) {
        List<String> conditions = new ArrayList<>();
        List<String> parameters = new ArrayList<>();
        for (int i = 0; i < row.columns().size(); i++) {
            TargetColumn column = Columns.of(table, row.columns().get(i));
            if (!column.generated()) {
                addCondition(column, row.value(i), conditions, parameters);
            }
        }
        // Partitions have row addresses of their own.
        String address = table.partitioned() ? "(tableoid, ctid)" : "ctid";
        String select = "SELECT %s FROM %s WHERE %s LIMIT 1"
                .formatted(
                        table.partitioned() ? "tableoid, ctid" : "ctid",
                        table.toSql(),
                        String.join(" AND ", conditions));
        String sql =
                "DELETE FROM %s WHERE %s%s = (%s)".formatted(table.toSql(), shard(row, parameters), address, select);
        return new BoundStatement(sql, parameters, 1);
    }

    /** Citus plans this only as a statement for one shard, known by a constant. */
    private String shard(Row row, List<String> parameters) {
        if (table.distributionColumn().isEmpty()) {
            return "";
        }
        TargetColumn column = Columns.of(table, table.distributionColumn().get());
        String value = RowMatch.known(row, column.name())
                .orElseThrow(() -> new HaltException(
                        "AP011",
                        ("a row of %s came without its distribution column %s. Add the column to the source's"
                                        + " publication, then start again.")
                                .formatted(table.id(), column.name())));
        parameters.add(0, value);
        return "%s %s ?::%s AND "
                .formatted(quote(column.name()), column.equality().orElse("="), column.type());
    }

    private static void addCondition(
            TargetColumn column, String value, List<String> conditions, List<String> parameters) {
        String name = quote(column.name());
        if (value == null) {
            conditions.add(name + " IS NULL");
            return;
        }
        // An operator that an index may serve; IS NOT DISTINCT FROM never uses one.
        if (column.equality().isPresent()) {
            conditions.add("%s %s ?::%s".formatted(name, column.equality().get(), column.type()));
            parameters.add(value);
        }
        // Equal is not the same everywhere (1.0 = 1.00), and some types have no equality at all.
        if (!column.equalIsSame()) {
            conditions.add("%s::text = ?::%s::text".formatted(name, column.type()));
            parameters.add(value);
        }
    }
}
