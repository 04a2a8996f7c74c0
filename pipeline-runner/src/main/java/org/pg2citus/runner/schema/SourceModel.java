package org.pg2citus.runner.schema;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pg2citus.sink.change.TableId;

/**
 * The part of the source's schema that is moved.
 *
 * @param tables by name
 * @param roots of each partition at any depth, the partitioned table at the top
 * @param leftOut tables, partitions and foreign tables of the database that the configuration leaves out
 */
record SourceModel(List<SourceTable> tables, Map<TableId, TableId> roots, Set<TableId> leftOut) {

    SourceModel {
        tables = List.copyOf(tables);
        roots = Map.copyOf(roots);
        leftOut = Set.copyOf(new TreeSet<>(leftOut));
    }

    Optional<SourceTable> table(TableId id) {
        return tables.stream().filter(table -> table.id().equals(id)).findFirst();
    }

    /** The table that decides where rows of this one are: itself, or the root of its partitions. */
    TableId root(TableId id) {
        return roots.getOrDefault(id, id);
    }

    Map<TableId, SourceTable> byId() {
        Map<TableId, SourceTable> byId = new LinkedHashMap<>();
        tables.forEach(table -> byId.put(table.id(), table));
        return byId;
    }
}
