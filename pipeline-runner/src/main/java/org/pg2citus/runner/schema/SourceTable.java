package org.pg2citus.runner.schema;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * A table of the source as the planner sees it; of a partitioned one the root, with all partitions.
 *
 * @param inherits is the parent or the child of an inheritance that is no partitioning
 * @param triggers their names
 * @param identityColumns what updates and deletes carry
 * @param rows the planner's estimate; 0 also when the table was never analyzed
 */
record SourceTable(
        TableId id,
        boolean partitioned,
        boolean inherits,
        List<SourceColumn> columns,
        List<SourceKey> keys,
        List<SourceReference> references,
        List<String> triggers,
        List<String> identityColumns,
        long rows,
        long bytes) {

    SourceTable {
        columns = List.copyOf(columns);
        keys = List.copyOf(keys);
        references = List.copyOf(references);
        triggers = List.copyOf(triggers);
        identityColumns = List.copyOf(identityColumns);
    }

    Optional<SourceColumn> column(String name) {
        return columns.stream().filter(column -> column.name().equals(name)).findFirst();
    }

    Optional<SourceKey> primaryKey() {
        return keys.stream().filter(key -> key.kind() == SourceKey.Kind.PRIMARY).findFirst();
    }

    /** The column by which one value names one row, if there is one that rows may be spread by. */
    Optional<SourceColumn> singleKey() {
        return primaryKey()
                .filter(key -> key.columns().size() == 1)
                .flatMap(key -> column(key.columns().get(0)))
                .filter(SourceColumn::isSuited);
    }
}
