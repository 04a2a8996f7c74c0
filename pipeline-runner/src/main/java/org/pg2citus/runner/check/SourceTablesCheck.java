package org.pg2citus.runner.check;

import java.util.function.Consumer;
import org.pg2citus.runner.catalog.Table;

/** Which tables take part, and whether the WAL has what it takes to follow them. */
final class SourceTablesCheck implements Check {

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) {
        if (inspection.included().isEmpty()) {
            findings.accept(Finding.error(
                    "PF010",
                    "source " + inspection.settings().source(),
                    "no table is left to move: the database has %d, and the patterns take none of them"
                            .formatted(inspection.sourceTables().size()),
                    "check --tables and --exclude-tables"));
        }
        inspection.settings().tables().matchingNothing(inspection.sourceTables().keySet()).stream()
                .filter(pattern -> !pattern.toString().equals("*"))
                .forEach(pattern -> findings.accept(Finding.error(
                        "PF011",
                        "pattern " + pattern,
                        "the pattern matches no table of the source",
                        "check its spelling; upper and lower case differ")));
        inspection.included().forEach(table -> check(table, findings));
    }

    private static void check(Table table, Consumer<Finding> findings) {
        String object = "table " + table.id();
        if (table.unlogged()) {
            findings.accept(Finding.error(
                    "PF012",
                    object,
                    "the table is unlogged: its changes are not in the WAL",
                    "ALTER TABLE %s SET LOGGED; or leave it out with --exclude-tables %s"
                            .formatted(table.id().toSql(), table.id())));
        }
        if (!table.hasIdentity()) {
            findings.accept(Finding.error(
                    "PF013",
                    object,
                    table.partitioned()
                            ? "a partition has neither a primary key that is not DEFERRABLE nor a replica identity: published as it is, the"
                                    + " source would refuse its updates and deletes"
                            : "the table has neither a primary key that is not DEFERRABLE nor a replica identity: published as it is, the"
                                    + " source would refuse its updates and deletes",
                    table.partitioned()
                            ? "add a primary key to %s; or for each partition: ALTER TABLE <partition> REPLICA IDENTITY"
                                            .formatted(table.id().toSql())
                                    + " FULL;"
                            : ("add a primary key; or ALTER TABLE %s REPLICA IDENTITY USING INDEX <a unique index on"
                                            + " columns that are NOT NULL>; or ALTER TABLE %1$s REPLICA IDENTITY FULL;")
                                    .formatted(table.id().toSql())));
        }
        if (table.rowSecurity() && !table.access().owns()) {
            findings.accept(Finding.error(
                    "PF014",
                    object,
                    "row-level security may hide rows from us",
                    "use a role with BYPASSRLS, or the table's owner"));
        }
        if (!table.foreignPartitions().isEmpty()) {
            findings.accept(Finding.error(
                    "PF015",
                    object,
                    "partitions on other servers cannot be followed: " + String.join(", ", table.foreignPartitions()),
                    "detach them, or leave the table out"));
        }
    }
}
