package org.pg2citus.runner.change;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.pg2citus.sink.change.TableId;

/**
 * What a change does to the list of migrated tables.
 *
 * @param added new tables
 * @param renamed old names and new ones
 * @param dropped tables that are no more
 * @param goneColumns columns, by the new name of their table, that were dropped or renamed
 */
record TableChanges(
        List<TableId> added,
        Map<TableId, TableId> renamed,
        List<TableId> dropped,
        Map<TableId, List<String>> goneColumns) {

    static final TableChanges NONE = new TableChanges(List.of(), Map.of(), List.of(), Map.of());

    private static final ObjectMapper JSON = new ObjectMapper();

    TableChanges {
        added = List.copyOf(added);
        renamed = Map.copyOf(renamed);
        dropped = List.copyOf(dropped);
        goneColumns = Map.copyOf(goneColumns);
    }

    /**
     * A table as the catalog has it.
     *
     * @param columns by their number, which stays when a column is renamed, and is never used again
     */
    record Described(TableId id, Map<Integer, String> columns) {
        Described {
            columns = Map.copyOf(columns);
        }
    }

    /**
     * Compares all tables before and after, by the identity of the catalog.
     *
     * @param migrated the tables of the migration before
     * @param included whether a new table is to be part of the migration
     */
    static TableChanges between(
            Map<Long, Described> before,
            Map<Long, Described> after,
            List<TableId> migrated,
            Predicate<TableId> included) {
        List<TableId> added = new ArrayList<>();
        Map<TableId, TableId> renamed = new LinkedHashMap<>();
        List<TableId> dropped = new ArrayList<>();
        Map<TableId, List<String>> gone = new LinkedHashMap<>();
        after.forEach((oid, table) -> {
            if (!before.containsKey(oid) && included.test(table.id())) {
                added.add(table.id());
            }
        });
        before.forEach((oid, table) -> {
            if (!migrated.contains(table.id())) {
                return;
            }
            Described now = after.get(oid);
            if (now == null) {
                dropped.add(table.id());
                return;
            }
            if (!now.id().equals(table.id())) {
                renamed.put(table.id(), now.id());
            }
            List<String> goneColumns = new TreeMap<>(table.columns())
                    .values().stream()
                            .filter(column -> !now.columns().containsValue(column))
                            .toList();
            if (!goneColumns.isEmpty()) {
                gone.put(now.id(), goneColumns);
            }
        });
        added.sort(null);
        dropped.sort(null);
        return new TableChanges(added, renamed, dropped, gone);
    }

    /** The tables of the migration after the change. */
    List<TableId> applyTo(List<TableId> tables) {
        List<TableId> result = new ArrayList<>();
        for (TableId table : tables) {
            if (!dropped.contains(table)) {
                result.add(renamed.getOrDefault(table, table));
            }
        }
        // Run again, it adds nothing twice.
        added.stream().filter(table -> !result.contains(table)).forEach(result::add);
        return result;
    }

    boolean changesTheList() {
        return !added.isEmpty() || !renamed.isEmpty() || !dropped.isEmpty();
    }

    String toJson() {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode addedNode = root.putArray("added");
        added.forEach(table -> addedNode.add(json(table)));
        ArrayNode renamedNode = root.putArray("renamed");
        renamed.forEach((from, to) -> renamedNode.addArray().add(json(from)).add(json(to)));
        ArrayNode droppedNode = root.putArray("dropped");
        dropped.forEach(table -> droppedNode.add(json(table)));
        ArrayNode goneNode = root.putArray("goneColumns");
        goneColumns.forEach((table, columns) -> {
            ArrayNode pair = goneNode.addArray().add(json(table));
            ArrayNode names = pair.addArray();
            columns.forEach(names::add);
        });
        return root.toString();
    }

    static TableChanges ofJson(String json) {
        try {
            JsonNode root = JSON.readTree(json);
            List<TableId> added = new ArrayList<>();
            root.get("added").forEach(node -> added.add(table(node)));
            Map<TableId, TableId> renamed = new LinkedHashMap<>();
            root.get("renamed").forEach(pair -> renamed.put(table(pair.get(0)), table(pair.get(1))));
            List<TableId> dropped = new ArrayList<>();
            root.get("dropped").forEach(node -> dropped.add(table(node)));
            Map<TableId, List<String>> gone = new LinkedHashMap<>();
            root.get("goneColumns").forEach(pair -> {
                List<String> names = new ArrayList<>();
                pair.get(1).forEach(name -> names.add(name.asText()));
                gone.put(table(pair.get(0)), names);
            });
            return new TableChanges(added, renamed, dropped, gone);
        } catch (JsonProcessingException e) {
            throw new AssertionError("jsonb is JSON", e);
        }
    }

    private static ArrayNode json(TableId table) {
        return JSON.createArrayNode().add(table.schema()).add(table.name());
    }

    private static TableId table(JsonNode pair) {
        return new TableId(pair.get(0).asText(), pair.get(1).asText());
    }
}
