package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.pg2citus.runner.schema.SourceReference.Action;
import org.pg2citus.sink.change.TableId;

/**
 * What Citus takes of a table's keys and foreign keys under a plan, and how they have to be changed. Tried on Citus
 * 13.2, whose words the reasons follow.
 */
final class CitusRules {

    /** Whether something is made as it is on the source. */
    enum Outcome {
        KEEP,
        CHANGE,
        LEAVE_OUT
    }

    /**
     * What becomes of a unique or exclusion key.
     *
     * @param added the distribution column, when it has to be added
     * @param why empty when it is kept
     */
    record Key(Outcome outcome, Optional<String> added, String why) {}

    /**
     * What becomes of a foreign key.
     *
     * @param added the pair of columns that has to be added: this table's, and the other's
     * @param dropOnDelete what is done on DELETE has to be left out: a row that is referred to cannot be deleted then
     * @param why empty when it is kept
     */
    record Reference(Outcome outcome, List<String> added, boolean dropOnDelete, boolean dropOnUpdate, String why) {

        Reference {
            added = List.copyOf(added);
        }
    }

    private static final Key KEPT_KEY = new Key(Outcome.KEEP, Optional.empty(), "");
    private static final Reference KEPT_REFERENCE = new Reference(Outcome.KEEP, List.of(), false, false, "");

    private final SourceModel model;
    private final SchemaPlan plan;

    CitusRules(SourceModel model, SchemaPlan plan) {
        this.model = model;
        this.plan = plan;
    }

    /** What becomes of the table; partitions follow their root. Empty for one that is not moved. */
    Optional<TablePlan> plan(TableId table) {
        return plan.of(model.root(table));
    }

    /** @param table may be a partition */
    Key key(TableId table, SourceKey key) {
        Optional<String> column = plan(table).flatMap(TablePlan::column);
        if (column.isEmpty() || key.columns().contains(column.get())) {
            return KEPT_KEY;
        }
        if (key.kind() == SourceKey.Kind.EXCLUSION) {
            return new Key(
                    Outcome.LEAVE_OUT,
                    Optional.empty(),
                    "Citus cannot keep it over all shards: it does not compare %s by =".formatted(column.get()));
        }
        return new Key(Outcome.CHANGE, column, weaker(table, key, column.get()));
    }

    private String weaker(TableId table, SourceKey key, String column) {
        if (key.kind() == SourceKey.Kind.PRIMARY) {
            return "%s is added to the primary key: two rows may have the same (%s) if their %s differs"
                    .formatted(column, String.join(", ", key.columns()), column);
        }
        boolean uniqueByItself = model.table(model.root(table)).stream()
                .flatMap(root -> root.keys().stream())
                .anyMatch(other -> other.columns().equals(List.of(column)) && !other.computed());
        return uniqueByItself
                ? "%s is added, which is unique by itself: nothing keeps the others unique over all shards"
                        .formatted(column)
                : "%s is added, which makes it weaker: unique within each %s only".formatted(column, column);
    }

    /** @param table may be a partition */
    Reference reference(TableId table, SourceReference reference) {
        Optional<TablePlan> from = plan(table);
        Optional<TablePlan> to = plan(reference.target());
        if (from.isEmpty() || to.isEmpty()) {
            return leftOut("%s is not moved".formatted(reference.target()));
        }
        TableKind child = from.get().kind();
        TableKind parent = to.get().kind();
        if (parent == TableKind.REFERENCE) {
            return child == TableKind.DISTRIBUTED
                    ? actions(reference, List.of(), from.get().column())
                    : KEPT_REFERENCE;
        }
        if (child == TableKind.LOCAL && parent == TableKind.LOCAL) {
            return KEPT_REFERENCE;
        }
        if (child == TableKind.REFERENCE && parent == TableKind.LOCAL) {
            return toLocal(reference);
        }
        if (child != parent || !from.get().colocation().equals(to.get().colocation())) {
            return leftOut("Citus has no foreign keys from %s tables to %s ones%s"
                    .formatted(child.word(), parent.word(), child == parent ? " of another colocation group" : ""));
        }
        return child == TableKind.DISTRIBUTED ? within(reference, from.get(), to.get()) : KEPT_REFERENCE;
    }

    /** Between tables of one colocation group: the pair of distribution columns has to be in it. */
    private static Reference within(SourceReference reference, TablePlan from, TablePlan to) {
        String column = from.column().orElseThrow();
        String target = to.column().orElseThrow();
        boolean paired = IntStream.range(0, reference.columns().size())
                .anyMatch(i -> reference.columns().get(i).equals(column)
                        && reference.targetColumns().get(i).equals(target));
        if (paired) {
            return actions(reference, List.of(), Optional.of(column));
        }
        if (reference.columns().contains(column) || reference.targetColumns().contains(target)) {
            return leftOut("it does not lead from %s to %s.%s, by which both are distributed"
                    .formatted(column, reference.target(), target));
        }
        return actions(reference, List.of(column, target), Optional.of(column));
    }

    /** Citus never changes a distribution column on its own. */
    private static Reference actions(SourceReference reference, List<String> added, Optional<String> column) {
        boolean includes =
                !added.isEmpty() || column.filter(reference.columns()::contains).isPresent();
        boolean dropOnDelete = includes && reference.onDelete().sets();
        boolean dropOnUpdate = includes && (reference.onUpdate().sets() || reference.onUpdate() == Action.CASCADE);
        if (added.isEmpty() && !dropOnDelete && !dropOnUpdate) {
            return KEPT_REFERENCE;
        }
        List<String> why = new ArrayList<>();
        if (!added.isEmpty()) {
            why.add("%s is added, which makes it stronger: both rows must have the same".formatted(added.get(0)));
        }
        if (dropOnDelete) {
            why.add("without ON DELETE %s, which would change %s: a row that is referred to cannot be deleted"
                    .formatted(reference.onDelete().sql(), column.orElseThrow()));
        }
        if (dropOnUpdate) {
            why.add("without ON UPDATE %s, which would change %s"
                    .formatted(reference.onUpdate().sql(), column.orElseThrow()));
        }
        return new Reference(Outcome.CHANGE, added, dropOnDelete, dropOnUpdate, String.join("; ", why));
    }

    private static Reference toLocal(SourceReference reference) {
        boolean dropOnDelete = acts(reference.onDelete());
        boolean dropOnUpdate = acts(reference.onUpdate());
        return !dropOnDelete && !dropOnUpdate
                ? KEPT_REFERENCE
                : new Reference(
                        Outcome.CHANGE,
                        List.of(),
                        dropOnDelete,
                        dropOnUpdate,
                        "without its actions: Citus has foreign keys from reference to local tables that refuse, no others");
    }

    private static boolean acts(Action action) {
        return action.sets() || action == Action.CASCADE;
    }

    private static Reference leftOut(String why) {
        return new Reference(Outcome.LEAVE_OUT, List.of(), false, false, why);
    }
}
