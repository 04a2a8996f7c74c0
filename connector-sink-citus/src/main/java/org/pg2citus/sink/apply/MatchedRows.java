package org.pg2citus.sink.apply;

import static org.pg2citus.sink.change.TableId.quote;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;

/**
 * The SQL of statements that find rows of a table by some columns and update or delete them.
 *
 * @param match the columns by which rows are found: the first values of each row
 * @param set the columns that are written: the values after them; empty for a delete
 */
record MatchedRows(TargetTable table, List<TargetColumn> match, List<TargetColumn> set) {

    MatchedRows {
        match = List.copyOf(match);
        set = List.copyOf(set);
    }

    RowSource source() {
        List<TargetColumn> columns = new ArrayList<>(match);
        columns.addAll(set);
        return new RowSource(columns);
    }

    /** Which of the values is the distribution value; empty when it is not known, or its arrays cannot be passed. */
    Optional<Integer> distributionIndex() {
        if (table.distributionColumn().isEmpty()) {
            return Optional.empty();
        }
        String name = table.distributionColumn().get();
        return IntStream.range(0, match.size())
                .filter(i -> match.get(i).name().equals(name)
                        && match.get(i).arrayType().isPresent())
                .boxed()
                .findFirst();
    }

    /** @param fallback a column to set to itself when no column is to be written: the rows must exist all the same */
    BoundStatement update(List<? extends ClientRow<?>> rows, TargetColumn fallback) {
        String assignments = set.isEmpty()
                ? "%s = t.%s".formatted(quote(fallback.name()), quote(fallback.name()))
                : IntStream.range(0, set.size())
                        .mapToObj(i -> "%s = u.c%d".formatted(quote(set.get(i).name()), match.size() + i))
                        .collect(Collectors.joining(", "));
        String sql = "UPDATE %s AS t SET %s FROM %s WHERE %s"
                .formatted(table.toSql(), assignments, source().toSql(rows.size(), false), conditions());
        return new BoundStatement(sql, parameters(rows, false), rows.size());
    }

    BoundStatement delete(List<? extends ClientRow<?>> rows) {
        String sql = "DELETE FROM %s AS t USING %s WHERE %s"
                .formatted(table.toSql(), source().toSql(rows.size(), false), conditions());
        return new BoundStatement(sql, parameters(rows, false), rows.size());
    }

    /** Returns the number of the row in {@code rows}, then the columns of the deleted row. */
    BoundStatement deleteReturning(List<? extends ClientRow<?>> rows, List<TargetColumn> returned) {
        // Not as text: Citus refuses functions that are not immutable in RETURNING. The driver shows the session's
        // text.
        String columns =
                returned.stream().map(column -> ", t." + quote(column.name())).collect(Collectors.joining());
        String sql = "DELETE FROM %s AS t USING %s WHERE %s RETURNING u.i%s"
                .formatted(table.toSql(), source().toSql(rows.size(), true), conditions(), columns);
        return new BoundStatement(sql, parameters(rows, true), rows.size());
    }

    private List<String> parameters(List<? extends ClientRow<?>> rows, boolean numbered) {
        List<String> parameters = source().parameters(rows, numbered);
        distributionIndex().ifPresent(index -> parameters.add(RowSource.array(rows, index)));
        return parameters;
    }

    private String conditions() {
        String matches = IntStream.range(0, match.size())
                .mapToObj(i -> "t.%s %s u.c%d".formatted(quote(match.get(i).name()), equality(match.get(i)), i))
                .collect(Collectors.joining(" AND "));
        // The list of distribution values is what lets Citus find the shard; from the join it does not.
        return distributionIndex()
                .map(index -> "%s AND t.%s %s ANY (?::%s)"
                        .formatted(
                                matches,
                                quote(match.get(index).name()),
                                equality(match.get(index)),
                                match.get(index).arrayType().orElseThrow()))
                .orElse(matches);
    }

    private static String equality(TargetColumn column) {
        return column.equality().orElse("=");
    }
}
