package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pg2citus.sink.change.TableId;

/**
 * Which tables carry the key of a root, so that its rows and theirs can be on the same shard: by foreign keys, over
 * several steps where a composite key hands it on, and by columns of the same name and type.
 *
 * @param columns of each table that carries it, the root first
 * @param reasons for each of them
 * @param otherTypes tables whose foreign key to the root is of another type, with the column
 */
record Carriers(
        SourceTable root, Map<TableId, String> columns, Map<TableId, String> reasons, Map<TableId, String> otherTypes) {

    // Names that every table may use for its own key; equal names mean nothing then.
    private static final Set<String> GENERIC =
            Set.of("id", "key", "code", "name", "uuid", "guid", "no", "nr", "number", "pk", "uid", "seq", "value");

    static Carriers of(SourceTable root, Collection<SourceTable> tables) {
        SourceColumn key = root.singleKey().orElseThrow();
        Map<TableId, String> columns = new LinkedHashMap<>();
        Map<TableId, String> reasons = new LinkedHashMap<>();
        Map<TableId, String> otherTypes = new LinkedHashMap<>();
        columns.put(root.id(), key.name());
        boolean grown = true;
        while (grown) {
            grown = byForeignKeys(key, tables, columns, reasons, otherTypes)
                    || byNames(root, key, tables, columns, reasons, otherTypes);
        }
        otherTypes.keySet().removeAll(columns.keySet());
        return new Carriers(root, columns, reasons, otherTypes);
    }

    private static boolean byForeignKeys(
            SourceColumn key,
            Collection<SourceTable> tables,
            Map<TableId, String> columns,
            Map<TableId, String> reasons,
            Map<TableId, String> otherTypes) {
        Map<TableId, String> found = new LinkedHashMap<>();
        Map<TableId, String> ambiguous = new LinkedHashMap<>();
        for (SourceTable table : tables) {
            if (columns.containsKey(table.id())) {
                continue;
            }
            Map<SourceColumn, SourceReference> candidates = new LinkedHashMap<>();
            for (SourceReference reference : table.references()) {
                Optional.ofNullable(columns.get(reference.target()))
                        .flatMap(reference::columnFor)
                        .flatMap(table::column)
                        .ifPresent(column -> candidates.putIfAbsent(column, reference));
            }
            Optional<SourceColumn> best = candidates.keySet().stream()
                    .filter(column -> fits(column, key))
                    .min(preference(table, columns.values()));
            if (best.isPresent()) {
                (candidates.size() == 1 ? found : ambiguous)
                        .put(table.id(), best.get().name());
                reasons.put(
                        table.id(),
                        "its foreign key %s leads to %s%s"
                                .formatted(
                                        candidates.get(best.get()).name(),
                                        candidates.get(best.get()).target(),
                                        candidates.size() == 1
                                                ? ""
                                                : "; so do " + others(candidates.keySet(), best.get())));
            } else {
                candidates.keySet().stream().findFirst().ifPresent(column -> otherTypes.put(table.id(), column.name()));
            }
        }
        // How the sure ones call the column decides among several.
        columns.putAll(found.isEmpty() ? ambiguous : found);
        return !found.isEmpty() || !ambiguous.isEmpty();
    }

    private static String others(Set<SourceColumn> all, SourceColumn chosen) {
        return all.stream()
                .filter(column -> !column.equals(chosen))
                .map(SourceColumn::name)
                .collect(Collectors.joining(", "));
    }

    private static boolean byNames(
            SourceTable root,
            SourceColumn key,
            Collection<SourceTable> tables,
            Map<TableId, String> columns,
            Map<TableId, String> reasons,
            Map<TableId, String> otherTypes) {
        List<String> names = names(root, key, columns);
        boolean grown = false;
        for (SourceTable table : tables) {
            if (columns.containsKey(table.id()) || otherTypes.containsKey(table.id())) {
                continue;
            }
            Optional<String> named = names.stream()
                    .filter(name -> table.column(name)
                            .filter(column -> fits(column, key))
                            .isPresent())
                    .filter(name -> table.references().stream()
                            .noneMatch(reference -> reference.columns().equals(List.of(name))))
                    .findFirst();
            if (named.isPresent()) {
                columns.put(table.id(), named.get());
                reasons.put(
                        table.id(),
                        "no foreign key says so, but %s has the name and type of %s's key elsewhere"
                                .formatted(named.get(), root.id()));
                grown = true;
            }
        }
        return grown;
    }

    /** How the root's key is called in other tables: as foreign keys call it, and as is the custom. */
    private static List<String> names(SourceTable root, SourceColumn key, Map<TableId, String> columns) {
        Set<String> names = new LinkedHashSet<>();
        columns.forEach((table, column) -> {
            if (!table.equals(root.id())) {
                names.add(column);
            }
        });
        names.add(key.name());
        for (String noun : List.of(root.id().name(), singular(root.id().name()))) {
            names.add(noun + "_id");
            if (!key.name().equals("id")) {
                names.add(noun + "_" + key.name());
            }
        }
        names.removeAll(GENERIC);
        return List.copyOf(names);
    }

    static String singular(String noun) {
        if (noun.endsWith("ies")) {
            return noun.substring(0, noun.length() - 3) + "y";
        }
        if (noun.endsWith("sses") || noun.endsWith("xes") || noun.endsWith("ches")) {
            return noun.substring(0, noun.length() - 2);
        }
        return noun.endsWith("s") && !noun.endsWith("ss") ? noun.substring(0, noun.length() - 1) : noun;
    }

    private static boolean fits(SourceColumn column, SourceColumn key) {
        return column.isSuited() && column.baseType().equals(key.baseType());
    }

    /** Of several columns that lead to the root, the surest: never null, in the key, named as elsewhere. */
    private static Comparator<SourceColumn> preference(SourceTable table, Collection<String> usedNames) {
        Map<String, Long> uses =
                usedNames.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        List<String> primary = table.primaryKey().map(SourceKey::columns).orElse(List.of());
        List<SourceColumn> order = table.columns();
        return Comparator.comparing((SourceColumn column) -> !column.notNull())
                .thenComparing(column -> !primary.contains(column.name()))
                .thenComparing(column -> -uses.getOrDefault(column.name(), 0L))
                .thenComparing(order::indexOf);
    }

    /** The tables besides the root. */
    List<TableId> others() {
        return columns.keySet().stream()
                .filter(table -> !table.equals(root.id()))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    long bytes(Map<TableId, SourceTable> tables) {
        return columns.keySet().stream()
                .mapToLong(table -> tables.get(table).bytes())
                .sum();
    }

    /** Whether foreign keys lead from a table to one of these, over any number of steps. */
    static boolean leads(SourceTable table, Set<TableId> to, Map<TableId, SourceTable> tables) {
        Set<TableId> seen = new LinkedHashSet<>(List.of(table.id()));
        List<TableId> next = new ArrayList<>(seen);
        // Each table is entered once, so cycles end.
        for (int i = 0; i < next.size(); i++) {
            SourceTable from = tables.get(next.get(i));
            if (from == null) {
                continue;
            }
            for (SourceReference reference : from.references()) {
                if (to.contains(reference.target())) {
                    return true;
                }
                if (seen.add(reference.target())) {
                    next.add(reference.target());
                }
            }
        }
        return false;
    }
}
