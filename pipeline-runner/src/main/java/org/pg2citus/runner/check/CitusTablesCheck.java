package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.sink.change.TableId;

/** What a table's being distributed makes impossible, or different: its column, its ids, rows that no query sees. */
final class CitusTablesCheck implements Check {

    private static final String IS_DOMAIN =
            """
            SELECT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                           WHERE a.attrelid = ?::regclass AND a.attname = ? AND t.typtype = 'd')""";

    // Also what a default calls without owning it.
    private static final String NARROW_SEQUENCES =
            """
            SELECT DISTINCT format('%s (%s, column %s)', s.seqrelid::regclass, format_type(s.seqtypid, NULL), a.attname)
            FROM pg_attribute a
            JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
              AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass
            JOIN pg_sequence s ON s.seqrelid = d.objid
            WHERE a.attrelid = ?::regclass AND s.seqtypid <> 'bigint'::regtype ORDER BY 1""";

    /** Where the first worker's range of a bigint sequence begins. */
    private static final long FIRST_OF_WORKERS = 1L << 48;

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        if (!inspection.citus().isCitus()) {
            return;
        }
        Connection target = inspection.target();
        for (Table table : inspection.included()) {
            Table onTarget = inspection.targetTables().get(table.id());
            if (onTarget == null) {
                continue;
            }
            String column = inspection.citus().distributionColumns().get(table.id());
            if (column != null && Query.isTrue(target, IS_DOMAIN, table.id().toSql(), column)) {
                findings.accept(Finding.error(
                        "PF053",
                        "table " + table.id(),
                        "the distribution column %s is of a domain: Citus then looks for constants in the wrong shard, and"
                                        .formatted(column)
                                + " queries miss rows",
                        "on the target, before the table is distributed: ALTER TABLE %s ALTER COLUMN %s TYPE <the domain's"
                                        .formatted(table.id().toSql(), TableId.quote(column))
                                + " base type>; or distribute it by another column"));
            }
            narrowSequences(target, table.id(), findings);
            if (table.access().canSelect()) {
                largeIds(inspection.source(), table, onTarget, findings);
            }
        }
        List<TableId> present = inspection.included().stream()
                .map(Table::id)
                .filter(inspection.targetTables()::containsKey)
                .toList();
        for (Map.Entry<TableId, List<String>> hidden :
                HiddenRows.find(target, present).entrySet()) {
            findings.accept(Finding.warning(
                    HiddenRows.CODE,
                    "table " + hidden.getKey(),
                    HiddenRows.message(hidden.getValue()),
                    HiddenRows.remedy(hidden.getKey())));
        }
    }

    private static void narrowSequences(Connection target, TableId table, Consumer<Finding> findings)
            throws SQLException {
        List<String> narrow = Query.texts(target, NARROW_SEQUENCES, table.toSql());
        if (!narrow.isEmpty()) {
            findings.accept(Finding.warning(
                    "PF055",
                    "table " + table,
                    "its sequence cannot give values on Citus workers: " + String.join(", ", narrow),
                    "insert through the coordinator only; or, before the table is distributed, make column and sequence"
                            + " bigint on the target"));
        }
    }

    private static void largeIds(Connection source, Table table, Table onTarget, Consumer<Finding> findings)
            throws SQLException {
        if (table.identityColumns().isEmpty()
                || table.identityColumns().size() == table.columns().size()) {
            return;
        }
        // The leading column of the key: its largest value is one step in the index.
        Column first = table.column(table.identityColumns().get(0)).orElseThrow();
        boolean filledBySequence = first.type().equals("bigint")
                && onTarget.column(first.name()).filter(Column::hasDefault).isPresent();
        if (!filledBySequence) {
            return;
        }
        long largest = Query.number(
                source,
                "SELECT coalesce(max(%s), 0) FROM %s"
                        .formatted(TableId.quote(first.name()), table.id().toSql()));
        if (largest >= FIRST_OF_WORKERS) {
            findings.accept(Finding.warning(
                    "PF056",
                    "table " + table.id(),
                    "column %s has values from 2^48 on (%d): there the ranges of Citus workers begin, and their ids may"
                                    .formatted(first.name(), largest)
                            + " meet these",
                    "insert through the coordinator only"));
        }
    }
}
