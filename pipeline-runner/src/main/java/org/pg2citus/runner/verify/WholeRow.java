package org.pg2citus.runner.verify;

import java.util.List;
import org.pg2citus.sink.change.Row;

/** A row with its hashes and its values, each as PostgreSQL's own text. */
record WholeRow(RowMerge.Hashes hashes, Row values) {

    /** Some of the columns. */
    Row values(List<String> columns) {
        return new Row(
                columns,
                columns.stream()
                        .map(column -> values.value(column).orElse(null))
                        .toArray(String[]::new));
    }
}
