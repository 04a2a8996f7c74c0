package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.check.TypeFit;
import org.pg2citus.runner.schema.TargetSchema.Placement;

/** Finds tables that are on the target already and are not what the plan says; those are never changed. */
final class ExistingTables {

    private ExistingTables() {}

    static List<Finding> conflicts(SourceModel model, SchemaPlan plan, TargetSchema target) {
        List<Finding> findings = new ArrayList<>();
        for (SourceTable table : model.tables()) {
            Table existing = target.tables().get(table.id());
            if (existing == null) {
                continue;
            }
            List<String> differences = differences(table, existing);
            if (!differences.isEmpty()) {
                findings.add(error(
                        "SM020",
                        table,
                        "it is on the target already, and is another: " + String.join("; ", differences),
                        "drop or rename it there, or leave it out with --exclude-tables " + table.id()));
                continue;
            }
            plan.of(table.id())
                    .flatMap(planned -> placement(table, planned, target))
                    .ifPresent(findings::add);
        }
        return findings;
    }

    private static List<String> differences(SourceTable source, Table target) {
        List<String> differences = new ArrayList<>();
        if (source.partitioned() != target.partitioned()) {
            differences.add("it is partitioned on the %s only".formatted(source.partitioned() ? "source" : "target"));
        }
        for (SourceColumn column : source.columns()) {
            Optional<Column> existing = target.column(column.name());
            if (existing.isEmpty()) {
                differences.add("it has no column " + column.name());
            } else if (!TypeFit.holds(column.type(), existing.get().type())) {
                differences.add("%s is %s, not %s"
                        .formatted(column.name(), existing.get().type(), column.type()));
            }
        }
        return differences;
    }

    private static Optional<Finding> placement(SourceTable table, TablePlan plan, TargetSchema target) {
        Placement wanted = new Placement(plan.kind(), plan.column());
        Placement found =
                target.placements().getOrDefault(table.id(), new Placement(TableKind.LOCAL, Optional.empty()));
        if (found.equals(wanted)) {
            return Optional.empty();
        }
        if (found.kind() != TableKind.LOCAL) {
            return Optional.of(error(
                    "SM021",
                    table,
                    "it is on the target already, as %s; the plan says %s".formatted(found, wanted),
                    "change the plan, or on the target: DROP TABLE %s;"
                            .formatted(table.id().toSql())));
        }
        return target.withRows().contains(table.id())
                ? Optional.of(error(
                        "SM022",
                        table,
                        "it is on the target already and has rows; it would have to become %s".formatted(wanted),
                        "empty it on the target: TRUNCATE %s;"
                                .formatted(table.id().toSql())))
                : Optional.empty();
    }

    private static Finding error(String code, SourceTable table, String message, String remedy) {
        return Finding.error(code, "table " + table.id(), message, remedy);
    }
}
