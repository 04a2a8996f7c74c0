package org.pg2citus.runner.change;

import static org.pg2citus.sink.change.TableId.quote;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.sql.SqlCursor;
import org.pg2citus.runner.sql.SqlName;
import org.pg2citus.runner.sql.SqlToken;

/**
 * Makes of the source's statements those of the target. Rewrites only where there is one right way; where there is none,
 * it asks for the target's own file. Whether Citus takes the rest is found out by trying it before the source is changed.
 */
final class CitusRewrite {

    private final boolean citus;
    private final Function<SqlName, Optional<String>> distributionColumn;
    private final List<String> statements = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * What came of it.
     *
     * @param statements for the target, in order
     * @param notes what was rewritten or left out, for people
     */
    record Result(List<String> statements, List<String> notes) {
        Result {
            statements = List.copyOf(statements);
            notes = List.copyOf(notes);
        }
    }

    /**
     * @param citus false for plain PostgreSQL, which takes what the source takes
     * @param distributionColumn of a table of the target; empty when it is not hash-distributed
     */
    CitusRewrite(boolean citus, Function<SqlName, Optional<String>> distributionColumn) {
        this.citus = citus;
        this.distributionColumn = distributionColumn;
    }

    /** @throws MigrationException SC013 when the target needs a file of its own */
    Result rewrite(SqlScript script) {
        for (ChangeStatement statement : script.statements()) {
            switch (statement.kind()) {
                case DEFINITION -> definition(statement);
                case SETTING -> statements.add(statement.sql());
                case DATA -> note("left to the stream", statement.sql());
                case SOURCE_ONLY -> note("for the source alone", statement.sql());
                case OPAQUE, TRANSACTION -> throw new AssertionError("refused before: " + statement);
            }
        }
        return new Result(statements, notes);
    }

    private void definition(ChangeStatement statement) {
        Optional<AlterTable> alter = AlterTable.of(statement);
        if (alter.isPresent()) {
            alterTable(statement, alter.get());
        } else if (!citus) {
            statements.add(statement.sql());
        } else if (isUniqueIndex(statement)) {
            uniqueIndex(statement);
        } else {
            refuseNewTable(statement);
            statements.add(statement.sql());
        }
    }

    private void alterTable(ChangeStatement statement, AlterTable alter) {
        Optional<String> distribution = citus ? distributionColumn.apply(alter.table()) : Optional.empty();
        List<String> actions = new ArrayList<>();
        boolean isSame = true;
        for (AlterTable.Action action : alter.actions()) {
            if (AlterTable.isReplicaIdentity(action)) {
                note("for the source alone", action.sql());
                isSame = false;
                continue;
            }
            String rewritten = distribution.isPresent() ? action(statement, action, distribution.get()) : action.sql();
            isSame &= rewritten.equals(action.sql());
            actions.add(rewritten);
        }
        if (isSame && (!citus || actions.size() == 1)) {
            statements.add(statement.sql());
        } else if (!citus && !actions.isEmpty()) {
            statements.add(alter.head() + " " + String.join(", ", actions));
        } else {
            // Citus refuses some actions beside others, though it takes each by itself.
            refuseConversionBesideOthers(statement, alter, actions.size());
            actions.forEach(action -> statements.add(alter.head() + " " + action));
        }
    }

    /** In one statement all conversions see the row as it was; one by one, each sees what those before it have made. */
    private static void refuseConversionBesideOthers(ChangeStatement statement, AlterTable alter, int count) {
        boolean isConverted = alter.actions().stream()
                .flatMap(action -> AlterTable.newType(action).stream())
                .anyMatch(change -> change.expression().isPresent());
        if (count > 1 && isConverted) {
            throw ownFileNeeded(
                    statement.sql(),
                    "Citus runs one action at a time, and USING might see what another one has changed; give the"
                            + " conversion an ALTER TABLE of its own");
        }
    }

    private String action(ChangeStatement statement, AlterTable.Action action, String distribution) {
        if (AlterTable.newType(action)
                .filter(change -> change.column().equals(distribution))
                .isPresent()) {
            throw ownFileNeeded(
                    statement.sql(),
                    "column %s distributes the table, and Citus cannot change its type".formatted(distribution));
        }
        if (AlterTable.droppedColumn(action).filter(distribution::equals).isPresent()) {
            throw ownFileNeeded(
                    statement.sql(), "column %s distributes the table on the target".formatted(distribution));
        }
        SqlCursor cursor = new SqlCursor(action.tokens());
        if (!cursor.accept("add")) {
            return action.sql();
        }
        if (cursor.accept("constraint")) {
            cursor.name();
        }
        boolean isKey = cursor.accept("primary", "key") || cursor.accept("unique");
        if (isKey) {
            if (cursor.accept("using")) {
                throw ownFileNeeded(statement.sql(), "Citus makes no constraint of an index");
            }
            cursor.accept("nulls", "not", "distinct");
            cursor.accept("nulls", "distinct");
            return withColumn(action.sql(), action.tokens(), cursor, distribution);
        }
        if (action.tokens().stream()
                .anyMatch(token -> token.depth() == 0 && (token.is("unique") || token.is("primary")))) {
            throw ownFileNeeded(
                    statement.sql(),
                    "a column that is a key by itself cannot hold the distribution column; add the column first, the"
                            + " constraint in an action of its own");
        }
        return action.sql();
    }

    private static boolean isUniqueIndex(ChangeStatement statement) {
        return ChangeStatement.startsWith(statement.tokens(), "create", "unique", "index");
    }

    private void uniqueIndex(ChangeStatement statement) {
        SqlCursor cursor = new SqlCursor(statement.tokens());
        cursor.skipBehind("on");
        cursor.accept("only");
        Optional<String> distribution = cursor.sqlName().flatMap(distributionColumn);
        statements.add(
                distribution.isEmpty()
                        ? statement.sql()
                        : withColumn(statement.sql(), statement.tokens(), cursor, distribution.get()));
    }

    /** A key of a distributed table holds the distribution column: each shard can only see to its own rows. */
    private String withColumn(String sql, List<SqlToken> tokens, SqlCursor cursor, String column) {
        if (!cursor.skipTo("(")) {
            return sql;
        }
        int last = -1;
        for (int i = cursor.taken() + 1; i < tokens.size(); i++) {
            SqlToken token = tokens.get(i);
            if (token.depth() == 0) {
                last = i;
                break;
            }
            boolean isElement = token.depth() == 1
                    && token.isName()
                    && (tokens.get(i - 1).is("(") || tokens.get(i - 1).is(","));
            if (isElement && token.text().equals(column)) {
                return sql;
            }
        }
        if (last < 0) {
            return sql;
        }
        int close = tokens.get(last).start();
        String rewritten = sql.substring(0, close) + ", " + quote(column) + sql.substring(close);
        note("with the distribution column, as Citus needs it", rewritten);
        return rewritten;
    }

    /** How a new table is to be distributed is a decision. */
    private static void refuseNewTable(ChangeStatement statement) {
        List<SqlToken> tokens = statement.tokens();
        boolean isTable = ChangeStatement.startsWith(tokens, "create")
                && tokens.stream().limit(3).anyMatch(token -> token.is("table"));
        boolean isPartition = tokens.stream().anyMatch(token -> token.depth() == 0 && token.is("partition"))
                && tokens.stream().anyMatch(token -> token.depth() == 0 && token.is("of"));
        if (isTable && !isPartition) {
            throw ownFileNeeded(
                    statement.sql(),
                    "how the new table is to be distributed (create_distributed_table, create_reference_table) is not"
                            + " said");
        }
    }

    private void note(String what, String sql) {
        notes.add("%s: %s".formatted(what, ChangeStatement.shortened(sql)));
    }

    private static MigrationException ownFileNeeded(String sql, String why) {
        return new MigrationException(
                ExitCode.FINDINGS,
                "SC013",
                "what the target needs cannot be made of: %s (%s)".formatted(ChangeStatement.shortened(sql), why),
                "write the target's statements into a file of their own and give it with --target-sql; nothing was changed"
                        + " on either side");
    }
}
