package org.pg2citus.sink.apply;

import static org.pg2citus.sink.change.TableId.quote;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
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

    /** True when a row of the client may match more than one of the table: no unique index rules it out. */
    boolean mayRepeat() {
        Set<String> matched = match.stream().map(TargetColumn::name).collect(Collectors.toSet());
        return table.uniqueIndexes().stream().noneMatch(index -> index.allowsOneRowOf(matched));
    }

    /**
     * @param fallback a column to set to itself when no column is to be written: the rows must exist all the same
     * @param numbered returns the number of the row in {@code rows} for each row that is hit; not for a single row
     */
    BoundStatement update(List<? extends ClientRow<?>> rows, TargetColumn fallback, boolean numbered) {
        if (rows.size() == 1 && isFoundByConstants()) {
            return updateOne(rows.get(0), fallback);
        }
        String sql = "UPDATE %s AS t SET %s FROM %s WHERE %s%s"
                .formatted(
                        table.toSql(),
                        assignments(fallback, i -> "u.c" + (match.size() + i)),
                        source().toSql(rows.size(), numbered),
                        conditions(),
                        numbered ? " RETURNING u.i" : "");
        return new BoundStatement(sql, parameters(rows, numbered), rows.size());
    }

    /** @param numbered as for {@link #update} */
    BoundStatement delete(List<? extends ClientRow<?>> rows, boolean numbered) {
        if (rows.size() == 1 && isFoundByConstants()) {
            String sql = "DELETE FROM %s AS t WHERE %s".formatted(table.toSql(), conditionsOfOne());
            return new BoundStatement(sql, rows.get(0).values(), 1);
        }
        String sql = "DELETE FROM %s AS t USING %s WHERE %s%s"
                .formatted(
                        table.toSql(),
                        source().toSql(rows.size(), numbered),
                        conditions(),
                        numbered ? " RETURNING u.i" : "");
        return new BoundStatement(sql, parameters(rows, numbered), rows.size());
    }

    /** Citus 13.2.2 looks for a constant in the wrong shard when the distribution column's type is a domain. */
    private boolean isFoundByConstants() {
        return table.distributionColumn().isEmpty()
                || match.stream()
                        .filter(column ->
                                column.name().equals(table.distributionColumn().get()))
                        .noneMatch(TargetColumn::domain);
    }

    /** Without a join: Citus plans it once and finds the shard from the parameters alone. */
    private BoundStatement updateOne(ClientRow<?> row, TargetColumn fallback) {
        String sql = "UPDATE %s AS t SET %s WHERE %s"
                .formatted(
                        table.toSql(),
                        assignments(fallback, i -> "?::" + set.get(i).type()),
                        conditionsOfOne());
        List<String> parameters =
                new ArrayList<>(row.values().subList(match.size(), row.values().size()));
        parameters.addAll(row.values().subList(0, match.size()));
        return new BoundStatement(sql, parameters, 1);
    }

    private String assignments(TargetColumn fallback, IntFunction<String> value) {
        return set.isEmpty()
                ? "%s = t.%s".formatted(quote(fallback.name()), quote(fallback.name()))
                : IntStream.range(0, set.size())
                        .mapToObj(i -> "%s = %s".formatted(quote(set.get(i).name()), value.apply(i)))
                        .collect(Collectors.joining(", "));
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
        distributionIndex().ifPresent(index -> {
            List<String> values =
                    rows.stream().map(row -> row.values().get(index)).distinct().toList();
            // Neither may be empty: Citus then asks every shard.
            int half = Math.max(1, values.size() / 2);
            parameters.add(RowSource.array(values.subList(0, half)));
            parameters.add(RowSource.array(values.subList(Math.min(half, values.size() - 1), values.size())));
        });
        return parameters;
    }

    private String conditionsOfOne() {
        return match.stream()
                .map(column -> "t.%s %s ?::%s".formatted(quote(column.name()), equality(column), column.type()))
                .collect(Collectors.joining(" AND "));
    }

    private String conditions() {
        String matches = IntStream.range(0, match.size())
                .mapToObj(i -> "t.%s %s u.c%d".formatted(quote(match.get(i).name()), equality(match.get(i)), i))
                .collect(Collectors.joining(" AND "));
        // The distribution values are what lets Citus find the shard; from the join it does not. In two halves, because
        // the worker would make a single list part of the index condition and go through all of it for every row.
        return distributionIndex()
                .map(index -> {
                    String isAny = "t.%s %s ANY (?::%s)"
                            .formatted(
                                    quote(match.get(index).name()),
                                    equality(match.get(index)),
                                    match.get(index).arrayType().orElseThrow());
                    return "%s AND (%s OR %s)".formatted(matches, isAny, isAny);
                })
                .orElse(matches);
    }

    private static String equality(TargetColumn column) {
        return column.equality().orElse("=");
    }
}
