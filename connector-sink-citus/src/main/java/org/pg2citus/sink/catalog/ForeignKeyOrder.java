package org.pg2citus.sink.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pg2citus.sink.change.TableId;

/** Orders tables by their foreign keys. */
public final class ForeignKeyOrder {

    private ForeignKeyOrder() {}

    /** Parents before children. In a cycle there is no such order; it is then broken at some table of the cycle. */
    public static List<TargetTable> parentsFirst(Collection<TargetTable> tables) {
        Map<TableId, TargetTable> byId = new LinkedHashMap<>();
        tables.forEach(table -> byId.put(table.id(), table));
        Set<TargetTable> ordered = new LinkedHashSet<>();
        Set<TableId> visited = new LinkedHashSet<>();
        byId.values().forEach(table -> place(table, byId, visited, ordered));
        return new ArrayList<>(ordered);
    }

    /** True when two of the tables, or one with itself, are tied by a foreign key. */
    public static boolean areTied(Collection<TargetTable> tables) {
        Set<TableId> ids = new LinkedHashSet<>();
        tables.forEach(table -> ids.add(table.id()));
        return tables.stream()
                .flatMap(table -> table.foreignKeys().stream())
                .anyMatch(key -> ids.contains(key.child()) && ids.contains(key.parent()));
    }

    private static void place(
            TargetTable table, Map<TableId, TargetTable> all, Set<TableId> visited, Set<TargetTable> ordered) {
        if (!visited.add(table.id())) {
            return;
        }
        for (ForeignKey key : table.foreignKeys()) {
            if (key.child().equals(table.id()) && all.containsKey(key.parent())) {
                place(all.get(key.parent()), all, visited, ordered);
            }
        }
        ordered.add(table);
    }
}
