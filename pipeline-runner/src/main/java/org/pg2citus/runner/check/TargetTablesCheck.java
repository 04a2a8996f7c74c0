package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.sink.change.TableId;

/** That each table is on the target, fits, is empty, and belongs to nobody else. */
final class TargetTablesCheck implements Check {

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        Set<String> subscribed = new HashSet<>(Query.texts(
                inspection.target(),
                "SELECT format('%s.%s', n.nspname, c.relname) FROM pg_subscription_rel s JOIN pg_class c ON c.oid ="
                        + " s.srrelid JOIN pg_namespace n ON n.oid = c.relnamespace"));
        for (Table source : inspection.included()) {
            Table target = inspection.targetTables().get(source.id());
            String object = "table " + source.id();
            if (target == null) {
                findings.accept(Finding.error(
                        "PF040",
                        object,
                        "the table does not exist on the target",
                        "make the tables with: pg2citus schema plan, then schema apply; or create it there by hand and"
                                + " distribute it; or leave it out with --exclude-tables " + source.id()));
                continue;
            }
            columns(object, source, target, findings);
            String distributionColumn = inspection.citus().distributionColumns().get(source.id());
            if (distributionColumn != null) {
                distribution(object, source, distributionColumn, findings);
            }
            if (!target.access().canWrite() || !target.access().canSelect()) {
                String user = inspection.settings().target().user();
                findings.accept(Finding.error(
                        "PF046",
                        object,
                        "role %s may not write it on the target".formatted(user),
                        "GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s TO %2$s;"
                                .formatted(
                                        TableId.quote(source.id().schema()),
                                        TableId.quote(user),
                                        source.id().toSql())));
            } else if (!isEmpty(inspection.target(), source.id())) {
                findings.accept(Finding.error(
                        "PF047",
                        object,
                        "the table on the target is not empty",
                        "if its rows can go: TRUNCATE %s; or leave it out with --exclude-tables %s"
                                .formatted(source.id().toSql(), source.id())));
            }
            if (subscribed.contains(source.id().toString())) {
                findings.accept(Finding.error(
                        "PF048",
                        object,
                        "a subscription writes into the table on the target (into a Citus table, where no query sees"
                                + " the rows)",
                        "DROP SUBSCRIPTION <name>; then empty the table"));
            }
        }
    }

    private static void columns(String object, Table source, Table target, Consumer<Finding> findings) {
        String alter = "ALTER TABLE " + source.id().toSql();
        List<String> missing = new ArrayList<>();
        for (Column from : source.columns()) {
            Column to = target.column(from.name()).orElse(null);
            if (to == null) {
                if (!from.generated()) {
                    missing.add("ADD COLUMN %s %s".formatted(TableId.quote(from.name()), from.type()));
                }
            } else if (from.generated() != to.generated()) {
                findings.accept(Finding.error(
                        "PF043",
                        object,
                        "column %s is generated on the %s only"
                                .formatted(from.name(), from.generated() ? "source" : "target"),
                        "make it the same on both sides: a generated column is computed by each side for itself"));
            } else if (!TypeFit.holds(from.type(), to.type())) {
                findings.accept(Finding.error(
                        "PF042",
                        object,
                        "column %s is %s on the source and %s on the target"
                                .formatted(from.name(), from.type(), to.type()),
                        "on the target: %s ALTER COLUMN %s TYPE %s;"
                                .formatted(alter, TableId.quote(from.name()), from.type())));
            } else if (to.notNull() && !from.notNull()) {
                findings.accept(Finding.warning(
                        "PF045",
                        object,
                        "column %s may be null on the source but not on the target: a null would stop the stream"
                                .formatted(from.name()),
                        "on the source: %s ALTER COLUMN %s SET NOT NULL; or on the target: DROP NOT NULL"
                                .formatted(alter, TableId.quote(from.name()))));
            }
        }
        if (!missing.isEmpty()) {
            findings.accept(Finding.error(
                    "PF041",
                    object,
                    "columns of the source are missing on the target",
                    "on the target: %s %s;".formatted(alter, String.join(", ", missing))));
        }
        target.columns().stream()
                .filter(to -> to.notNull() && !to.hasDefault() && !to.generated())
                .filter(to -> source.column(to.name()).isEmpty())
                .forEach(to -> findings.accept(Finding.error(
                        "PF044",
                        object,
                        "column %s exists on the target only, is NOT NULL and has no default".formatted(to.name()),
                        "on the target: %s ALTER COLUMN %s SET DEFAULT <value>;"
                                .formatted(alter, TableId.quote(to.name())))));
    }

    private static void distribution(String object, Table source, String column, Consumer<Finding> findings) {
        if (source.column(column).isEmpty()) {
            findings.accept(Finding.error(
                    "PF049",
                    object,
                    "the target is distributed by column %s, which the source does not have".formatted(column),
                    "add and fill the column on the source, or distribute the table by another one"));
        } else if (!source.identityColumns().contains(column)) {
            findings.accept(Finding.warning(
                    "PF050",
                    object,
                    "the distribution column %s is not in the source's replica identity: updates and deletes must"
                                    .formatted(column)
                            + " look on every shard",
                    "on the source: ALTER TABLE %s REPLICA IDENTITY FULL; or USING INDEX with a unique index that has"
                                    .formatted(source.id().toSql())
                            + " the column"));
        }
    }

    private static boolean isEmpty(Connection target, TableId table) throws SQLException {
        return Query.texts(target, "SELECT 1 FROM %s LIMIT 1".formatted(table.toSql()))
                .isEmpty();
    }
}
