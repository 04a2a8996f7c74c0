package org.pg2citus.sink.catalog;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * A table of the target, as its catalog describes it.
 *
 * @param partitioned a partitioned table, whose rows are in its partitions
 * @param hasChildren a plain table from which others inherit: SQL must name it with ONLY
 * @param columns by name, in the order of the table
 * @param distributionColumn present exactly for {@link TableKind#DISTRIBUTED}
 * @param colocationId tables with the same id place equal distribution values on the same node; 0 for none
 * @param foreignKeys those in which this table is the child or the parent
 */
public record TargetTable(
        TableId id,
        TableKind kind,
        boolean partitioned,
        boolean hasChildren,
        Map<String, TargetColumn> columns,
        Optional<String> distributionColumn,
        int colocationId,
        List<UniqueIndex> uniqueIndexes,
        List<ForeignKey> foreignKeys) {

    public TargetTable {
        requireNonNull(id, "id is null");
        requireNonNull(kind, "kind is null");
        columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
        uniqueIndexes = List.copyOf(uniqueIndexes);
        foreignKeys = List.copyOf(foreignKeys);
        if (distributionColumn.isPresent() != (kind == TableKind.DISTRIBUTED)) {
            throw new IllegalArgumentException("%s is %s, but its distribution column is %s"
                    .formatted(id, kind, distributionColumn.orElse("absent")));
        }
    }

    /** The table in SQL, so that tables which inherit from it are left alone. */
    public String toSql() {
        return hasChildren ? "ONLY " + id.toSql() : id.toSql();
    }

    /** The columns that a client may write: all but the generated. */
    public List<TargetColumn> writableColumns() {
        return columns.values().stream().filter(column -> !column.generated()).toList();
    }
}
