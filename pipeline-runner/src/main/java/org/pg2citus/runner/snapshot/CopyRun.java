package org.pg2citus.runner.snapshot;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.state.Chunk;
import org.pg2citus.runner.state.CopyState;
import org.pg2citus.sink.change.TableId;

/**
 * What one run has to copy.
 *
 * @param tables all tables of the migration
 * @param copied what earlier runs did
 * @param rest the chunks that are left
 * @param references foreign keys of the target, from table to referenced tables
 */
public record CopyRun(List<Table> tables, CopyState copied, List<Chunk> rest, Map<TableId, Set<TableId>> references) {

    public CopyRun {
        tables = List.copyOf(tables);
        rest = List.copyOf(rest);
        references = Map.copyOf(references);
    }

    /** The same without the chunks of some tables. */
    CopyRun without(Set<TableId> postponed) {
        return new CopyRun(
                tables,
                copied,
                rest.stream()
                        .filter(chunk -> !postponed.contains(chunk.table()))
                        .toList(),
                references);
    }

    /** These, and all that are connected with them by foreign keys: one snapshot shows no reference without its row. */
    Set<TableId> connected(Set<TableId> some) {
        Set<TableId> connected = new HashSet<>(some);
        boolean grew = !some.isEmpty();
        while (grew) {
            grew = false;
            for (Map.Entry<TableId, Set<TableId>> reference : references.entrySet()) {
                Set<TableId> both = new HashSet<>(reference.getValue());
                both.add(reference.getKey());
                if (both.stream().anyMatch(connected::contains)) {
                    grew |= connected.addAll(both);
                }
            }
        }
        connected.retainAll(chunksLeft().keySet());
        return connected;
    }

    Map<TableId, Table> byId() {
        return tables.stream().collect(Collectors.toMap(Table::id, table -> table));
    }

    Map<TableId, Integer> chunksLeft() {
        Map<TableId, Integer> left = new HashMap<>();
        rest.forEach(chunk -> left.merge(chunk.table(), 1, Integer::sum));
        return left;
    }

    List<Table> tablesLeft() {
        Map<TableId, Integer> left = chunksLeft();
        return tables.stream().filter(table -> left.containsKey(table.id())).toList();
    }
}
