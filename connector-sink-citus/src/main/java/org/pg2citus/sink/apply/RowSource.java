package org.pg2citus.sink.apply;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.pg2citus.sink.catalog.TargetColumn;

/**
 * Rows of the client as an item {@code u(c0, c1, ...)} of a FROM clause, as parameters of the columns' types.
 *
 * <p>Normally one array for each column, unnested. Arrays of arrays and of composites cannot be: then it is VALUES, with
 * a parameter for each value. A cast from text inside the statement would do for both, but Citus refuses it (STABLE
 * functions used in UPDATE queries cannot be called with column references).
 */
final class RowSource {

    /** Parameters are numbered with 16 bits, and parsing thousands of them is slow. */
    private static final int MAX_VALUES_PARAMETERS = 4_000;

    private final List<TargetColumn> columns;
    private final boolean arrays;

    RowSource(List<TargetColumn> columns) {
        this.columns = List.copyOf(columns);
        this.arrays = columns.stream().allMatch(column -> column.arrayType().isPresent());
    }

    /** How many rows at most may go into one statement. */
    int maxRows(int wanted) {
        return arrays ? wanted : Math.max(1, Math.min(wanted, MAX_VALUES_PARAMETERS / columns.size()));
    }

    /** @param numbered adds a column {@code u.i} with the rows' numbers, from 0 */
    String toSql(int rows, boolean numbered) {
        String names = names("c", numbered);
        if (arrays) {
            String items = columns.stream()
                    .map(column -> "?::" + column.arrayType().orElseThrow())
                    .collect(Collectors.joining(", "));
            return "unnest(%s%s) AS u(%s)".formatted(items, numbered ? ", ?::integer[]" : "", names);
        }
        String row = columns.stream()
                .map(column -> "?::" + column.type())
                .collect(Collectors.joining(", ", "(", numbered ? ", ?::integer)" : ")"));
        return "(VALUES %s) AS u(%s)".formatted(String.join(", ", Collections.nCopies(rows, row)), names);
    }

    List<String> parameters(List<? extends ClientRow<?>> rows, boolean numbered) {
        List<String> parameters = new ArrayList<>();
        if (!arrays) {
            for (int r = 0; r < rows.size(); r++) {
                for (int c = 0; c < columns.size(); c++) {
                    parameters.add(rows.get(r).values().get(c));
                }
                if (numbered) {
                    parameters.add(String.valueOf(r));
                }
            }
            return parameters;
        }
        for (int c = 0; c < columns.size(); c++) {
            parameters.add(array(rows, c));
        }
        if (numbered) {
            ArrayText numbers = new ArrayText();
            IntStream.range(0, rows.size()).forEach(number -> numbers.add(String.valueOf(number)));
            parameters.add(numbers.toString());
        }
        return parameters;
    }

    /** One column of the rows as array text. */
    private static String array(List<? extends ClientRow<?>> rows, int column) {
        ArrayText array = new ArrayText();
        rows.forEach(row -> array.add(row.values().get(column)));
        return array.toString();
    }

    static String array(List<String> values) {
        ArrayText array = new ArrayText();
        values.forEach(array::add);
        return array.toString();
    }

    private String names(String prefix, boolean numbered) {
        return IntStream.range(0, columns.size())
                .mapToObj(number -> prefix + number)
                .collect(Collectors.joining(", ", "", numbered ? ", i" : ""));
    }
}
