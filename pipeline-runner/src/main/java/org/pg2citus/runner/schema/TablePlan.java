package org.pg2citus.runner.schema;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * What becomes of one table.
 *
 * @param column the distribution column, of a distributed table
 * @param colocation the name of its colocation group; of distributed and single tables
 * @param reasons why it was proposed; none in a plan that was read from a file
 */
public record TablePlan(
        TableId table, TableKind kind, Optional<String> column, Optional<String> colocation, List<String> reasons) {

    public TablePlan {
        requireNonNull(table, "table is null");
        requireNonNull(kind, "kind is null");
        if (column.isPresent() != (kind == TableKind.DISTRIBUTED)) {
            throw new IllegalArgumentException("a distributed table has a column, no other has one: " + table);
        }
        reasons = List.copyOf(reasons);
    }

    static TablePlan distributed(TableId table, String column, String colocation, List<String> reasons) {
        return new TablePlan(table, TableKind.DISTRIBUTED, Optional.of(column), Optional.of(colocation), reasons);
    }

    static TablePlan reference(TableId table, String... reasons) {
        return new TablePlan(table, TableKind.REFERENCE, Optional.empty(), Optional.empty(), List.of(reasons));
    }

    static TablePlan local(TableId table, String... reasons) {
        return new TablePlan(table, TableKind.LOCAL, Optional.empty(), Optional.empty(), List.of(reasons));
    }
}
