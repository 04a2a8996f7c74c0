package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.sink.change.TableId;

/**
 * Sees to it that rows which are there already come out the same where each side computes them for itself: a new column's
 * default, and a conversion to another type. Neither is in the WAL as changes of rows.
 *
 * <p>Whether an expression may give something else elsewhere or later is PostgreSQL's to say: it refuses such a one as a
 * generated column. It is tried on a temporary table that is rolled back.
 */
final class SameOnBothSides {

    /** PostgreSQL's {@code invalid_object_definition}: the expression is not immutable. */
    private static final String NOT_IMMUTABLE = "42P17";

    private final Connection source;
    private final Map<Long, TableChanges.Described> tables;
    private final List<TableId> migrated;

    /** @param tables as they were before the first statement */
    SameOnBothSides(Connection source, Map<Long, TableChanges.Described> tables, List<TableId> migrated) {
        this.source = source;
        this.tables = Map.copyOf(tables);
        this.migrated = List.copyOf(migrated);
    }

    /**
     * To be called before a statement runs.
     *
     * @throws MigrationException SC016 when the two sides may convert values differently
     */
    void checkConversions(ChangeStatement statement) throws SQLException {
        Optional<AlterTable> alter = AlterTable.of(statement);
        if (alter.isEmpty()) {
            return;
        }
        Optional<Long> table =
                SourceCatalog.resolve(source, alter.get().table()).filter(this::isMigrated);
        if (table.isEmpty()) {
            return;
        }
        for (AlterTable.Action action : alter.get().actions()) {
            Optional<AlterTable.NewType> change = AlterTable.newType(action);
            if (change.isPresent() && !isImmutable(alter.get().table().toSql(), change.get())) {
                throw new MigrationException(
                        ExitCode.FINDINGS,
                        "SC016",
                        "column %s of %s: what its values become depends on the session or the moment, so it may be"
                                        .formatted(
                                                change.get().column(),
                                                alter.get().table().toSql())
                                + " different on both sides",
                        "give a USING that depends on the row alone, for example ... AT TIME ZONE 'UTC'; or add a new"
                                + " column and fill it with UPDATE at the end of the file. Nothing was changed on"
                                + " either side");
            }
        }
    }

    /**
     * To be called when a statement has run.
     *
     * @param before the tables before it
     * @throws MigrationException SC016 when the two sides may fill a new column differently
     */
    void checkDefaults(Map<Long, TableChanges.Described> before) throws SQLException {
        for (Map.Entry<Long, TableChanges.Described> table : before.entrySet()) {
            if (!isMigrated(table.getKey())) {
                continue;
            }
            for (SourceCatalog.ColumnDefault column : SourceCatalog.defaults(source, table.getKey())) {
                boolean isNew = !table.getValue().columns().containsKey(column.number());
                if (isNew && !isImmutable(column)) {
                    throw new MigrationException(
                            ExitCode.FINDINGS,
                            "SC016",
                            "new column %s of %s: its default (%s) gives the rows that are there already other values on"
                                            .formatted(
                                                    column.column(),
                                                    table.getValue().id(),
                                                    column.expression().orElse("identity"))
                                    + " each side",
                            "ADD COLUMN without default, ALTER COLUMN ... SET DEFAULT in a statement of its own, and"
                                    + " UPDATE at the end of the file: the stream brings the values. Nothing was changed"
                                    + " on either side");
                }
            }
        }
    }

    private boolean isMigrated(long oid) {
        TableChanges.Described table = tables.get(oid);
        return table != null && migrated.contains(table.id());
    }

    private boolean isImmutable(String table, AlterTable.NewType change) throws SQLException {
        return isAccepted(
                "(LIKE %s)".formatted(table),
                change.type(),
                change.expression().orElse(TableId.quote(change.column())));
    }

    private boolean isImmutable(SourceCatalog.ColumnDefault column) throws SQLException {
        return column.expression().isPresent()
                && isAccepted("()", column.type(), column.expression().get());
    }

    private boolean isAccepted(String columns, String type, String expression) throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute("SAVEPOINT pg2citus_probe");
            try {
                statement.execute("CREATE TEMPORARY TABLE pg2citus_probe " + columns);
                // With the cast written out: PostgreSQL does not look at one that it adds by itself.
                statement.execute(
                        "ALTER TABLE pg_temp.pg2citus_probe ADD COLUMN pg2citus_probed %1$s GENERATED ALWAYS AS ((%2$s)::%1$s) STORED"
                                .formatted(type, expression));
                return true;
            } catch (SQLException e) {
                // Anything else that is wrong with it the statement itself says better.
                return !NOT_IMMUTABLE.equals(e.getSQLState());
            } finally {
                statement.execute("ROLLBACK TO SAVEPOINT pg2citus_probe");
                statement.execute("RELEASE SAVEPOINT pg2citus_probe");
            }
        }
    }
}
