package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.sql.SqlName;
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

    /** What came of asking. */
    private enum Answer {
        IMMUTABLE,
        VOLATILE,
        /** It could not be asked. If the statement itself works all the same, nothing is known. */
        UNKNOWN
    }

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
     * @return what is to be thrown if the statement works; empty when both sides convert values alike
     * @throws MigrationException SC016 when the two sides may convert values differently
     */
    Optional<MigrationException> checkConversions(ChangeStatement statement) throws SQLException {
        Optional<AlterTable> alter = AlterTable.of(statement);
        if (alter.isEmpty()) {
            return Optional.empty();
        }
        Optional<Long> table =
                SourceCatalog.resolve(source, alter.get().table()).filter(this::isMigrated);
        if (table.isEmpty()) {
            return Optional.empty();
        }
        Optional<MigrationException> unknown = Optional.empty();
        for (AlterTable.Action action : alter.get().actions()) {
            Optional<AlterTable.NewType> change = AlterTable.newType(action);
            Answer answer = change.isPresent() ? ask(alter.get().table(), change.get()) : Answer.IMMUTABLE;
            if (answer == Answer.IMMUTABLE) {
                continue;
            }
            MigrationException refusal = new MigrationException(
                    ExitCode.FINDINGS,
                    "SC016",
                    "column %s of %s: what its values become depends on the session or the moment, or cannot be told; it"
                                    .formatted(
                                            change.orElseThrow().column(),
                                            alter.get().table().toSql())
                            + " may be different on both sides",
                    "give a USING that depends on the row alone, for example ... AT TIME ZONE 'UTC', and names columns"
                            + " without their table; or add a new column and fill it with UPDATE at the end of the file."
                            + " The role has to be allowed to make temporary tables. Nothing was changed on either side");
            if (answer == Answer.VOLATILE) {
                throw refusal;
            }
            unknown = Optional.of(refusal);
        }
        return unknown;
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
                if (isNew && ask(column) != Answer.IMMUTABLE) {
                    throw new MigrationException(
                            ExitCode.FINDINGS,
                            "SC016",
                            "new column %s of %s: its default (%s) may give the rows that are there already other values on"
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

    /** On a table of the same name, by which the expression may call it. */
    private Answer ask(SqlName table, AlterTable.NewType change) throws SQLException {
        return ask(
                TableId.quote(table.name()),
                "(LIKE %s)".formatted(table.toSql()),
                change.type(),
                change.expression().orElse(TableId.quote(change.column())));
    }

    private Answer ask(SourceCatalog.ColumnDefault column) throws SQLException {
        return column.expression().isPresent()
                ? ask("pg2citus_probe", "()", column.type(), column.expression().get())
                : Answer.VOLATILE;
    }

    private Answer ask(String probe, String columns, String type, String expression) throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute("SAVEPOINT pg2citus_probe");
            try {
                statement.execute("CREATE TEMPORARY TABLE %s %s".formatted(probe, columns));
                // With the cast written out: PostgreSQL does not look at one that it adds by itself.
                statement.execute(
                        "ALTER TABLE pg_temp.%3$s ADD COLUMN pg2citus_probed %1$s GENERATED ALWAYS AS ((%2$s)::%1$s) STORED"
                                .formatted(type, expression, probe));
                return Answer.IMMUTABLE;
            } catch (SQLException e) {
                return NOT_IMMUTABLE.equals(e.getSQLState()) ? Answer.VOLATILE : Answer.UNKNOWN;
            } finally {
                statement.execute("ROLLBACK TO SAVEPOINT pg2citus_probe");
                statement.execute("RELEASE SAVEPOINT pg2citus_probe");
            }
        }
    }
}
