package org.pg2citus.runner.check;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.sink.catalog.TargetCatalog;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.catalog.UniqueIndex;
import org.pg2citus.sink.change.TableId;

/** Whether the unique keys of both sides agree: what the source keeps unique, and what the target would refuse. */
final class TargetKeysCheck implements Check {

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        // Unique indexes are described the same way on both sides.
        TargetCatalog onSource = new TargetCatalog(inspection.source(), false);
        TargetCatalog onTarget =
                new TargetCatalog(inspection.target(), inspection.citus().isCitus());
        for (Table table : inspection.included()) {
            Optional<TargetTable> target = onTarget.table(table.id());
            if (target.isPresent()) {
                compare(
                        table,
                        keys(onSource.table(table.id()).orElseThrow().uniqueIndexes()),
                        keys(target.get().uniqueIndexes()),
                        target.get().distributionColumn(),
                        findings);
            }
        }
    }

    /** Keys over expressions or some of the rows are left out: they cannot be compared by their columns. */
    private static List<Set<String>> keys(List<UniqueIndex> indexes) {
        return indexes.stream()
                .filter(index -> index.unique() && !index.computed())
                .map(UniqueIndex::columns)
                .map(HashSet::new)
                .<Set<String>>map(columns -> columns)
                .toList();
    }

    static void compare(
            Table table,
            List<Set<String>> sourceKeys,
            List<Set<String>> targetKeys,
            Optional<String> distributionColumn,
            Consumer<Finding> findings) {
        Set<String> identity = new HashSet<>(table.identityColumns());
        for (Set<String> key : sourceKeys) {
            Set<String> widened = new HashSet<>(key);
            distributionColumn.ifPresent(widened::add);
            if (targetKeys.stream().noneMatch(target -> target.equals(key) || target.equals(widened))) {
                boolean identifies = key.equals(identity);
                findings.accept(Finding.warning(
                        identifies ? "PF051" : "PF052",
                        "table " + table.id(),
                        identifies
                                ? "the target has no unique key on (%s)%s: rows are looked for without an index, and nothing"
                                                .formatted(names(key), with(distributionColumn, key))
                                        + " keeps a row from being there twice"
                                : "unique on (%s) on the source, on the target nothing keeps it so"
                                        .formatted(names(key)),
                        "on the target: ALTER TABLE %s ADD %s (%s);%s"
                                .formatted(
                                        table.id().toSql(),
                                        identifies ? "PRIMARY KEY" : "UNIQUE",
                                        quoted(widened),
                                        distributionColumn.isPresent() && !key.contains(distributionColumn.get())
                                                ? " Citus cannot keep (%s) unique over all shards".formatted(names(key))
                                                : "")));
            }
        }
        for (Set<String> key : targetKeys) {
            if (sourceKeys.stream().noneMatch(key::containsAll)) {
                findings.accept(Finding.error(
                        "PF057",
                        "table " + table.id(),
                        "the target keeps (%s) unique, the source does not: a row that it permits would be refused"
                                .formatted(names(key)),
                        "on the source: CREATE UNIQUE INDEX ON %s (%s); or drop the key on the target"
                                .formatted(table.id().toSql(), quoted(key))));
            }
        }
    }

    private static String with(Optional<String> distributionColumn, Set<String> key) {
        return distributionColumn
                .filter(column -> !key.contains(column))
                .map(column -> " with the distribution column " + column)
                .orElse("");
    }

    private static String names(Set<String> columns) {
        return columns.stream().sorted().collect(Collectors.joining(", "));
    }

    private static String quoted(Set<String> columns) {
        return columns.stream().sorted().map(TableId::quote).collect(Collectors.joining(", "));
    }
}
