package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pg2citus.sink.change.TableId;

/**
 * Proposes what becomes of each table on Citus, from foreign keys, names, sizes and statistics.
 *
 * <p>First it looks for roots: tables whose key is carried by most bytes of other tables, as a company's is in a
 * multi-tenant database. A root and its carriers are distributed by that key, in one colocation group. What is small and
 * referred to becomes a reference table; what is large, or leads to distributed tables without carrying their key, is
 * distributed by its own key; the rest stays on the coordinator.
 */
final class SchemaPlanner {

    /** Up to here a table may be kept in full on every node. */
    static final long SMALL_BYTES = 256L << 20;

    /** A key with fewer values cannot use the usual 32 shards. */
    static final int LEAST_VALUES = 32;

    /** How much of the bytes of another root one needs to be preferred when it is above that. */
    private static final double NEARLY = 0.8;

    /** Keys of fixed length are codes of countries, currencies and the like, which everything carries. */
    private static final double OF_A_CODE = 0.5;

    private final SourceModel model;
    private final Map<TableId, SourceTable> tables;
    private final Map<TableId, TablePlan> plans = new LinkedHashMap<>();
    private final Set<String> groups = new LinkedHashSet<>();

    private SchemaPlanner(SourceModel model) {
        this.model = model;
        this.tables = model.byId();
    }

    static SchemaPlan plan(SourceModel model) {
        SchemaPlanner planner = new SchemaPlanner(model);
        planner.inheritances();
        planner.roots();
        planner.rest();
        return new SchemaPlan(
                Optional.empty(),
                model.tables().stream()
                        .map(table -> planner.plans.get(table.id()))
                        .toList());
    }

    private void inheritances() {
        model.tables().stream()
                .filter(SourceTable::inherits)
                .forEach(table -> put(TablePlan.local(
                        table.id(), "it takes part in an inheritance, which Citus has for local tables only")));
    }

    private void roots() {
        for (Optional<Carriers> best = bestRoot(); best.isPresent(); best = bestRoot()) {
            place(best.get());
        }
    }

    /**
     * The one that most bytes carry, or one above it that nearly as many do: an ad is carried by its clicks, but both by their
     * company.
     */
    private Optional<Carriers> bestRoot() {
        List<SourceTable> left = left();
        List<Carriers> roots = left.stream()
                .filter(table -> table.singleKey().isPresent())
                .map(table -> Carriers.of(table, left))
                .filter(this::isRoot)
                .toList();
        Comparator<Carriers> order = Comparator.comparingDouble(this::score)
                .thenComparing(carriers -> carriers.columns().size())
                .thenComparing(carriers -> carriers.root().rows())
                .thenComparing(carriers -> carriers.root().id(), Comparator.reverseOrder());
        Optional<Carriers> best = roots.stream().max(order);
        Set<TableId> seen = new LinkedHashSet<>();
        // Two roots may carry each other's key; each is looked at once.
        while (best.isPresent() && seen.add(best.get().root().id())) {
            Carriers lower = best.get();
            best = roots.stream()
                    .filter(upper -> upper.others().contains(lower.root().id()))
                    .filter(upper -> !seen.contains(upper.root().id()))
                    .filter(upper -> score(upper) >= NEARLY * score(lower))
                    .max(order)
                    .or(() -> Optional.of(lower));
        }
        return best;
    }

    /** Tables that everything refers to may also be lookups, which are better kept in full on every node. */
    private boolean isRoot(Carriers carriers) {
        SourceTable root = carriers.root();
        boolean fewValues = root.rows() > 0 && root.rows() < LEAST_VALUES;
        if (carriers.others().isEmpty() || fewValues) {
            return false;
        }
        Set<TableId> distributed = distributed();
        boolean large = carriers.bytes(tables) > SMALL_BYTES;
        boolean leads = carriers.columns().keySet().stream()
                .anyMatch(table -> Carriers.leads(tables.get(table), distributed, tables));
        if (!distributed.isEmpty() && !large && !leads) {
            // What hangs together by itself and is small may stay on the coordinator.
            return false;
        }
        return carriers.others().size() > 1
                || root.bytes() > SMALL_BYTES
                || ((large || leads) && leadToNothingElse(carriers));
    }

    /** A single table with many foreign keys is rather the facts of a star, and the root one of its dimensions. */
    private boolean leadToNothingElse(Carriers carriers) {
        return carriers.others().stream()
                .map(tables::get)
                .flatMap(table -> table.references().stream())
                .map(SourceReference::target)
                .allMatch(target -> carriers.columns().containsKey(target) || plans.containsKey(target));
    }

    private double score(Carriers carriers) {
        // One more than the bytes: empty databases are planned by the number of tables.
        double bytes = 1.0 + carriers.bytes(tables) + carriers.columns().size();
        boolean code = carriers.root().singleKey().orElseThrow().baseType().equals("character");
        return code ? bytes * OF_A_CODE : bytes;
    }

    private void place(Carriers carriers) {
        SourceTable root = carriers.root();
        String group = group(root.id());
        put(TablePlan.distributed(
                root.id(),
                carriers.columns().get(root.id()),
                group,
                List.of("its key is carried by %d other table%s with %s: rows that belong together are on one shard"
                        .formatted(
                                carriers.others().size(),
                                carriers.others().size() == 1 ? "" : "s",
                                Sizes.of(carriers.bytes(tables) - root.bytes())))));
        for (TableId table : carriers.others()) {
            put(TablePlan.distributed(
                    table,
                    carriers.columns().get(table),
                    group,
                    List.of(carriers.reasons().get(table))));
        }
        carriers.otherTypes().forEach((id, name) -> {
            SourceColumn column = tables.get(id).column(name).orElseThrow();
            if (column.isSuited()) {
                put(TablePlan.distributed(
                        id,
                        name,
                        groupOf(group + "_" + column.baseType().replace(' ', '_')),
                        List.of(
                                "%s leads to %s, but is %s where the key is %s: Citus colocates equal types only. Give it"
                                                .formatted(
                                                        name,
                                                        root.id(),
                                                        column.type(),
                                                        root.singleKey()
                                                                .orElseThrow()
                                                                .type())
                                        + " the key's type on the source, and plan again")));
            }
        });
    }

    private void rest() {
        references();
        for (SourceTable table : left()) {
            boolean leads = Carriers.leads(table, distributed(), tables);
            if (table.bytes() > SMALL_BYTES || leads) {
                put(byOwnKey(table, leads));
            }
        }
        references();
        for (SourceTable table : left()) {
            put(
                    isReferredTo(table.id(), distributed())
                            ? byOwnKey(table, false)
                            : TablePlan.local(
                                    table.id(),
                                    "%s, and no distributed table refers to it: it stays on the coordinator"
                                            .formatted(Sizes.of(table.bytes()))));
        }
    }

    /** Until there is no more: what a reference table refers to has to be one, too. */
    private void references() {
        boolean found = true;
        while (found) {
            found = false;
            for (SourceTable table : left()) {
                Set<TableId> users = new LinkedHashSet<>(distributed());
                plans.values().stream()
                        .filter(plan -> plan.kind() == TableKind.REFERENCE)
                        .forEach(plan -> users.add(plan.table()));
                // Citus has no partitioned reference tables.
                if (table.bytes() <= SMALL_BYTES && !table.partitioned() && isReferredTo(table.id(), users)) {
                    put(TablePlan.reference(
                            table.id(), "%s, and tables on all nodes refer to it".formatted(Sizes.of(table.bytes()))));
                    found = true;
                }
            }
        }
    }

    private boolean isReferredTo(TableId table, Set<TableId> by) {
        return by.stream()
                .filter(other -> !other.equals(table))
                .map(tables::get)
                .flatMap(other -> other.references().stream())
                .anyMatch(reference -> reference.target().equals(table));
    }

    private TablePlan byOwnKey(SourceTable table, boolean leads) {
        Optional<SourceColumn> column = ownKey(table);
        if (column.isEmpty()) {
            return TablePlan.local(
                    table.id(),
                    "none of its columns is suited to spread rows by: it stays on the coordinator%s"
                            .formatted(table.bytes() > SMALL_BYTES ? ", although it is large" : ""));
        }
        List<String> reasons = new ArrayList<>();
        boolean key = table.primaryKey()
                .filter(primary -> primary.columns().contains(column.get().name()))
                .isPresent();
        reasons.add("%s, and carries no other table's key: spread by its own %s"
                .formatted(
                        Sizes.of(table.bytes()), key ? "key" : "column with the most values, as it has no suited key"));
        if (leads) {
            reasons.add(
                    "its foreign keys lead to distributed tables whose key it does not carry: add that column, filled,"
                            + " on the source, and plan again, and its rows will be on the shards of those");
        }
        return TablePlan.distributed(table.id(), column.get().name(), group(table.id()), reasons);
    }

    /** The primary key, or of several columns the one with the most values. */
    private static Optional<SourceColumn> ownKey(SourceTable table) {
        Comparator<SourceColumn> mostValues = Comparator.comparingDouble(SourceColumn::distinct)
                .thenComparing(column -> table.columns().indexOf(column), Comparator.reverseOrder());
        Optional<SourceColumn> inKey = table.primaryKey().map(SourceKey::columns).orElse(List.of()).stream()
                .flatMap(name -> table.column(name).stream())
                .filter(SourceColumn::isSuited)
                .max(mostValues);
        return inKey.or(() -> candidates(table).max(mostValues));
    }

    private static Stream<SourceColumn> candidates(SourceTable table) {
        return table.columns().stream()
                .filter(SourceColumn::isSuited)
                .filter(SourceColumn::notNull)
                .filter(column -> column.statistics().isEmpty() || column.distinct() >= LEAST_VALUES);
    }

    private String group(TableId table) {
        return groupOf(groups.contains(table.name()) ? table.toString() : table.name());
    }

    private String groupOf(String name) {
        groups.add(name);
        return name;
    }

    private Set<TableId> distributed() {
        Set<TableId> distributed = new LinkedHashSet<>();
        plans.values().stream()
                .filter(plan -> plan.kind() == TableKind.DISTRIBUTED)
                .forEach(plan -> distributed.add(plan.table()));
        return distributed;
    }

    private List<SourceTable> left() {
        return model.tables().stream()
                .filter(table -> !plans.containsKey(table.id()))
                .toList();
    }

    private void put(TablePlan plan) {
        plans.put(plan.table(), plan);
    }
}
