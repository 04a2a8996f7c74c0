package org.pg2citus.sink.apply;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.sink.batch.KeyedUpdate;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.change.Row;

/**
 * Decides for the updates of one table which an UPDATE can do, and which need the row to be taken out and put in again:
 * a changed distribution value (Citus never updates it) or GENERATED ALWAYS identity (PostgreSQL never does), and keys
 * that pass from row to row.
 *
 * @param inPlace updates by their shape, values of the match columns first; one statement can do those of one shape
 * @param relocated the others
 * @param mayCollide true when the updates in place may collide with each other in a unique index
 */
record UpdatePlan(Map<Shape, List<ClientRow<KeyedUpdate>>> inPlace, List<KeyedUpdate> relocated, boolean mayCollide) {

    /**
     * @param match the columns by which rows are found
     * @param set the columns written; empty when nothing can change, and the row need only be there
     * @param fallback the column to set to itself then
     * @param assumed rows that are not found may have changed in a column that no update writes
     */
    record Shape(List<TargetColumn> match, List<TargetColumn> set, TargetColumn fallback, boolean assumed) {}

    static UpdatePlan of(TargetTable table, List<KeyedUpdate> updates) {
        boolean keysPassOn = keysPassOn(updates);
        List<String> pinned = pinned(table);
        Map<Shape, List<ClientRow<KeyedUpdate>>> inPlace = new LinkedHashMap<>();
        List<KeyedUpdate> relocated = new ArrayList<>();
        Set<String> written = new HashSet<>();
        for (KeyedUpdate update : updates) {
            Optional<RowMatch> match = match(update, pinned);
            if (match.isEmpty() || (update.keyChanged() && keysPassOn)) {
                relocated.add(update);
                continue;
            }
            plan(table, pinned, update, match.get(), inPlace);
        }
        for (Shape shape : inPlace.keySet()) {
            shape.set().forEach(column -> written.add(column.name()));
        }
        boolean mayCollide =
                updates.size() > 1 && table.uniqueIndexes().stream().anyMatch(index -> index.isTouchedBy(written));
        return new UpdatePlan(inPlace, relocated, mayCollide);
    }

    /** Columns that no UPDATE may write. */
    private static List<String> pinned(TargetTable table) {
        return table.columns().values().stream()
                .filter(column ->
                        column.alwaysIdentity() || table.distributionColumn().equals(Optional.of(column.name())))
                .map(TargetColumn::name)
                .toList();
    }

    /** True when a row gets a key that another row gives up: row by row the two would collide. */
    private static boolean keysPassOn(List<KeyedUpdate> updates) {
        Set<List<String>> givenUp = new HashSet<>();
        for (KeyedUpdate update : updates) {
            if (update.keyChanged()) {
                givenUp.add(RowMatch.byKey(update.originKey()).values());
            }
        }
        return updates.stream().filter(KeyedUpdate::keyChanged).anyMatch(update -> givenUp.contains(newKey(update)));
    }

    private static List<String> newKey(KeyedUpdate update) {
        return update.originKey().columns().stream()
                .map(column -> update.after().value(column).orElse(null))
                .toList();
    }

    /** How the row is found; empty when a column is known to change that no UPDATE may write. */
    private static Optional<RowMatch> match(KeyedUpdate update, List<String> pinned) {
        RowMatch match = RowMatch.byKey(update.originKey());
        for (String column : pinned) {
            Optional<String> now = RowMatch.known(update.after(), column);
            Optional<String> before = RowMatch.known(update.originKey(), column)
                    .or(() -> update.before().flatMap(row -> RowMatch.known(row, column)));
            if (before.isPresent() && now.isPresent() && !before.equals(now)) {
                return Optional.empty();
            }
            if (before.isPresent()) {
                match = match.and(column, before.get(), false);
            } else if (now.isPresent()) {
                match = match.and(column, now.get(), true);
            }
        }
        return Optional.of(match);
    }

    private static void plan(
            TargetTable table,
            List<String> pinned,
            KeyedUpdate update,
            RowMatch match,
            Map<Shape, List<ClientRow<KeyedUpdate>>> inPlace) {
        Row after = update.after();
        List<TargetColumn> set = new ArrayList<>();
        List<String> values = new ArrayList<>(match.values());
        for (int i = 0; i < after.columns().size(); i++) {
            String name = after.columns().get(i);
            TargetColumn column = Columns.of(table, name);
            boolean isKept = column.generated()
                    || pinned.contains(name)
                    || !after.isAvailable(i)
                    || (!update.keyChanged() && update.originKey().has(name));
            if (!isKept) {
                set.add(column);
                values.add(after.value(i));
            }
        }
        List<TargetColumn> matched = Columns.of(table, match.columns());
        Shape shape = new Shape(matched, set, fallback(table, matched), match.assumed());
        inPlace.computeIfAbsent(shape, key -> new ArrayList<>()).add(new ClientRow<>(values, update));
    }

    /** Any column that may be set to itself; Citus allows it even for the distribution column. */
    private static TargetColumn fallback(TargetTable table, List<TargetColumn> matched) {
        return table.writableColumns().stream()
                .filter(column -> !column.alwaysIdentity())
                .findFirst()
                .orElse(matched.get(0));
    }
}
