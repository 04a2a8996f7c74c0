package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/** What to know about a table before it becomes what a plan says. */
final class PlanWarnings {

    /** Of the usual 32 shards each has a thirtieth; a value with more than this makes one shard stand out. */
    private static final double SKEWED = 0.1;

    private final CitusRules rules;

    PlanWarnings(CitusRules rules) {
        this.rules = rules;
    }

    List<String> of(SourceTable table) {
        Optional<TablePlan> plan = rules.plan(table.id());
        if (plan.isEmpty() || plan.get().kind() == TableKind.LOCAL) {
            return references(table);
        }
        List<String> warnings = new ArrayList<>();
        plan.get().column().flatMap(table::column).ifPresent(column -> {
            nulls(column, warnings);
            spread(table, column, warnings);
            identity(table, column, warnings);
        });
        for (SourceKey key : table.keys()) {
            CitusRules.Key decision = rules.key(table.id(), key);
            if (decision.outcome() == CitusRules.Outcome.LEAVE_OUT) {
                warnings.add("%s is left out: %s".formatted(key.name(), decision.why()));
            } else if (decision.outcome() == CitusRules.Outcome.CHANGE) {
                warnings.add("%s: %s".formatted(key.name(), decision.why()));
            }
        }
        warnings.addAll(references(table));
        if (!table.triggers().isEmpty()) {
            warnings.add("left out, as Citus has no triggers on such tables: %s"
                    .formatted(String.join(", ", table.triggers())));
        }
        table.columns().stream()
                .filter(SourceColumn::narrowSequence)
                .forEach(column -> warnings.add(
                        "%s is filled by a sequence of integers, which gives no values on workers: insert through the"
                                        .formatted(column.name())
                                + " coordinator, or make it bigint"));
        return warnings;
    }

    private List<String> references(SourceTable table) {
        List<String> warnings = new ArrayList<>();
        for (SourceReference reference : table.references()) {
            CitusRules.Reference decision = rules.reference(table.id(), reference);
            if (decision.outcome() == CitusRules.Outcome.LEAVE_OUT) {
                warnings.add("foreign key %s to %s is left out: %s"
                        .formatted(reference.name(), reference.target(), decision.why()));
            } else if (decision.outcome() == CitusRules.Outcome.CHANGE) {
                warnings.add(
                        "foreign key %s to %s: %s".formatted(reference.name(), reference.target(), decision.why()));
            }
        }
        return warnings;
    }

    private static void nulls(SourceColumn column, List<String> warnings) {
        double nulls =
                column.statistics().map(SourceColumn.Statistics::nullFraction).orElse(0.0);
        if (nulls > 0) {
            warnings.add("%s is null in about %s of the rows: Citus refuses those. Fill it on the source first"
                    .formatted(column.name(), percent(nulls)));
        } else if (!column.notNull()) {
            warnings.add("%s may be null: a row without it would stop the migration. On the source: SET NOT NULL"
                    .formatted(column.name()));
        }
    }

    private static void spread(SourceTable table, SourceColumn column, List<String> warnings) {
        if (!column.isSuited()) {
            warnings.add("%s is of type %s: queries rarely look rows up by such a column"
                    .formatted(column.name(), column.type()));
        }
        column.statistics().ifPresent(statistics -> {
            if (statistics.commonestFraction() > SKEWED) {
                warnings.add("skewed: one value of %s has %s of the rows, all on one shard"
                        .formatted(column.name(), percent(statistics.commonestFraction())));
            }
            if (table.rows() > SchemaPlanner.LEAST_VALUES && statistics.distinct() < SchemaPlanner.LEAST_VALUES) {
                warnings.add("%s has about %.0f values: the rows can be on so many shards only"
                        .formatted(column.name(), statistics.distinct()));
            }
        });
    }

    private static void identity(SourceTable table, SourceColumn column, List<String> warnings) {
        if (table.identityColumns().isEmpty() || table.identityColumns().contains(column.name())) {
            return;
        }
        List<String> identity = new ArrayList<>(List.of(TableId.quote(column.name())));
        table.identityColumns().forEach(name -> identity.add(TableId.quote(name)));
        String index = TableId.quote("%s_by_%s".formatted(table.id().name(), column.name()));
        warnings.add(
                "deletes on the source do not say the %s, so each has to look on every shard. On the source: CREATE UNIQUE INDEX %s ON %s (%s); ALTER TABLE %s REPLICA IDENTITY USING INDEX %s;"
                        .formatted(
                                column.name(),
                                (table.partitioned() ? "" : "CONCURRENTLY ") + index,
                                table.id().toSql(),
                                String.join(", ", identity),
                                table.id().toSql(),
                                index));
    }

    private static String percent(double fraction) {
        return fraction < 0.01 ? "less than 1 %" : String.format(Locale.ROOT, "%.0f %%", 100 * fraction);
    }
}
