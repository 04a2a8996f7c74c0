package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.schema.SourceReference.Action;
import org.pg2citus.sink.change.TableId;

/** Builds sources for tests of pure classes, in few words. */
final class Models {

    private final List<SourceTable> tables = new ArrayList<>();

    static TableId id(String name) {
        return new TableId("public", name);
    }

    /**
     * Adds a table.
     *
     * @param columns {@code "id bigint!"}: name, type, and ! for NOT NULL
     */
    TableBuilder table(String name, String... columns) {
        return new TableBuilder(name, columns);
    }

    SourceModel model() {
        return new SourceModel(tables, Map.of(), Set.of());
    }

    final class TableBuilder {

        private final String name;
        private final List<SourceColumn> columns = new ArrayList<>();
        private final List<SourceKey> keys = new ArrayList<>();
        private final List<SourceReference> references = new ArrayList<>();
        private final List<String> triggers = new ArrayList<>();
        private boolean partitioned;
        private boolean inherits;
        private long rows;
        private long bytes = 8192;

        private TableBuilder(String name, String... columns) {
            this.name = name;
            for (String column : columns) {
                int space = column.indexOf(' ');
                String type = column.substring(space + 1).replace("!", "");
                boolean domain = type.startsWith("domain ");
                this.columns.add(new SourceColumn(
                        column.substring(0, space),
                        domain ? type.substring(7) : type,
                        domain,
                        column.endsWith("!"),
                        false,
                        false,
                        Optional.empty()));
            }
        }

        TableBuilder primaryKey(String... names) {
            keys.add(new SourceKey(name + "_pkey", SourceKey.Kind.PRIMARY, List.of(names), false));
            return this;
        }

        TableBuilder unique(String... names) {
            keys.add(new SourceKey(
                    name + "_" + String.join("_", names) + "_key", SourceKey.Kind.UNIQUE, List.of(names), false));
            return this;
        }

        TableBuilder exclusion(String... equal) {
            keys.add(new SourceKey(name + "_excl", SourceKey.Kind.EXCLUSION, List.of(equal), false));
            return this;
        }

        /** A foreign key of one column. */
        TableBuilder references(String column, String table, String targetColumn) {
            return references(List.of(column), table, List.of(targetColumn), Action.NO_ACTION, Action.NO_ACTION);
        }

        TableBuilder references(
                List<String> from, String table, List<String> targetColumns, Action onDelete, Action onUpdate) {
            references.add(new SourceReference(
                    name + "_" + from.get(0) + "_fkey", from, id(table), targetColumns, onDelete, onUpdate));
            return this;
        }

        TableBuilder statistics(String column, double nulls, double distinct, double commonest) {
            columns.replaceAll(found -> found.name().equals(column)
                    ? new SourceColumn(
                            found.name(),
                            found.type(),
                            found.domain(),
                            found.notNull(),
                            found.generated(),
                            found.narrowSequence(),
                            Optional.of(new SourceColumn.Statistics(nulls, distinct, commonest)))
                    : found);
            return this;
        }

        TableBuilder narrowSequence(String column) {
            columns.replaceAll(found -> found.name().equals(column)
                    ? new SourceColumn(
                            found.name(), found.type(), false, found.notNull(), false, true, found.statistics())
                    : found);
            return this;
        }

        TableBuilder generated(String column) {
            columns.replaceAll(found -> found.name().equals(column)
                    ? new SourceColumn(
                            found.name(), found.type(), false, found.notNull(), true, false, found.statistics())
                    : found);
            return this;
        }

        TableBuilder triggers(String... names) {
            triggers.addAll(Arrays.asList(names));
            return this;
        }

        TableBuilder partitioned() {
            partitioned = true;
            return this;
        }

        TableBuilder inherits() {
            inherits = true;
            return this;
        }

        TableBuilder size(long ofRows, long megabytes) {
            rows = ofRows;
            bytes = megabytes << 20;
            return this;
        }

        Models add() {
            tables.add(new SourceTable(
                    id(name),
                    partitioned,
                    inherits,
                    columns,
                    keys,
                    references,
                    triggers,
                    keys.stream()
                            .filter(key -> key.kind() == SourceKey.Kind.PRIMARY)
                            .findFirst()
                            .map(SourceKey::columns)
                            .orElse(List.of()),
                    rows,
                    bytes));
            return Models.this;
        }
    }
}
