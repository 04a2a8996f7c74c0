package org.pg2citus.runner.change;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.check.TypeFit;
import org.pg2citus.sink.change.TableId;

/**
 * Where a table of the target does not fit the source's.
 *
 * @param text for people
 * @param targetSql what mends it on the target
 */
record Difference(Kind kind, TableId table, String text, String targetSql) {

    enum Kind {
        /** The target lacks a table. */
        NO_TABLE,
        /** The target lacks a column. Added before rows with it come, it harms none without it. */
        NO_COLUMN,
        /** The target has a column that the source has no more: rows from before may still bring it. */
        GONE_COLUMN,
        /** The target's type does not hold all values of the source's, but the source's holds all of the target's. */
        WIDER_TYPE,
        /** Neither type holds all values of the other: what is old and what is new matters. */
        OTHER_TYPE
    }

    Difference {
        requireNonNull(kind, "kind is null");
        requireNonNull(table, "table is null");
        requireNonNull(text, "text is null");
        requireNonNull(targetSql, "targetSql is null");
    }

    /** Whether the sink has to be at the source's change before the target may change. */
    boolean needsPassing() {
        return kind == Kind.GONE_COLUMN;
    }

    /**
     * Compares the tables of a migration.
     *
     * @param sentBefore columns, by table, that the source has sent or had, and has no more
     */
    static List<Difference> between(
            Collection<TableId> tables,
            Map<TableId, Table> source,
            Map<TableId, Table> target,
            Map<TableId, Set<String>> sentBefore) {
        List<Difference> differences = new ArrayList<>();
        for (TableId id : tables) {
            Table from = source.get(id);
            Table to = target.get(id);
            if (from == null) {
                continue;
            }
            if (to == null) {
                differences.add(new Difference(
                        Kind.NO_TABLE, id, "table %s is missing on the target".formatted(id), "CREATE TABLE ..."));
                continue;
            }
            columns(from, to, differences);
            for (String gone : sentBefore.getOrDefault(id, Set.of())) {
                if (from.column(gone).isEmpty()
                        && to.column(gone).filter(column -> !column.generated()).isPresent()) {
                    differences.add(new Difference(
                            Kind.GONE_COLUMN,
                            id,
                            "table %s: column %s is on the target, but not on the source any more".formatted(id, gone),
                            "ALTER TABLE %s DROP COLUMN %s; (if it was renamed: RENAME COLUMN %2$s TO ...)"
                                    .formatted(id.toSql(), TableId.quote(gone))));
                }
            }
        }
        return differences;
    }

    private static void columns(Table from, Table to, List<Difference> differences) {
        for (Column column : from.columns()) {
            String name = TableId.quote(column.name());
            Column there = to.column(column.name()).orElse(null);
            if (there == null) {
                if (!column.generated()) {
                    differences.add(new Difference(
                            Kind.NO_COLUMN,
                            from.id(),
                            "table %s: column %s is missing on the target".formatted(from.id(), column.name()),
                            "ALTER TABLE %s ADD COLUMN %s %s; (with the source's default, if it has one)"
                                    .formatted(from.id().toSql(), name, column.type())));
                }
            } else if (!TypeFit.holds(column.type(), there.type())) {
                differences.add(new Difference(
                        TypeFit.holds(there.type(), column.type()) ? Kind.WIDER_TYPE : Kind.OTHER_TYPE,
                        from.id(),
                        "table %s: column %s is %s on the source and %s on the target"
                                .formatted(from.id(), column.name(), column.type(), there.type()),
                        "ALTER TABLE %s ALTER COLUMN %s TYPE %s;"
                                .formatted(from.id().toSql(), name, column.type())));
            }
        }
    }
}
