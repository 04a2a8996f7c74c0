package org.pg2citus.runner.change;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.sql.SqlCursor;
import org.pg2citus.runner.sql.SqlName;
import org.pg2citus.runner.sql.SqlToken;
import org.pg2citus.runner.sql.SqlTokens;

/**
 * An {@code ALTER TABLE}, taken apart.
 *
 * @param head everything before the first action
 */
record AlterTable(SqlName table, String head, List<Action> actions) {

    /**
     * One action.
     *
     * @param sql as it is written
     * @param tokens with positions in {@code sql}
     */
    record Action(String sql, List<SqlToken> tokens) {
        Action {
            requireNonNull(sql, "sql is null");
            tokens = List.copyOf(tokens);
        }
    }

    AlterTable {
        requireNonNull(table, "table is null");
        requireNonNull(head, "head is null");
        actions = List.copyOf(actions);
    }

    /** Empty when the statement is another one. */
    static Optional<AlterTable> of(ChangeStatement statement) {
        SqlCursor cursor = new SqlCursor(statement.tokens());
        if (!cursor.accept("alter", "table")) {
            return Optional.empty();
        }
        if (cursor.accept("all")) {
            return Optional.empty();
        }
        cursor.accept("if", "exists");
        cursor.accept("only");
        Optional<SqlName> name = cursor.sqlName();
        cursor.accept("*");
        if (name.isEmpty() || cursor.atEnd()) {
            return Optional.empty();
        }
        int from = cursor.taken();
        String head = statement
                .sql()
                .substring(0, statement.tokens().get(from).start())
                .strip();
        return Optional.of(new AlterTable(name.get(), head, actions(statement, from)));
    }

    private static List<Action> actions(ChangeStatement statement, int from) {
        List<Action> actions = new ArrayList<>();
        List<SqlToken> tokens = statement.tokens();
        int first = from;
        for (int i = from; i <= tokens.size(); i++) {
            boolean ends = i == tokens.size()
                    || (tokens.get(i).depth() == 0 && tokens.get(i).is(","));
            if (ends && i > first) {
                actions.add(action(statement.sql(), tokens.subList(first, i)));
                first = i + 1;
            }
        }
        return actions;
    }

    private static Action action(String sql, List<SqlToken> tokens) {
        int start = tokens.get(0).start();
        return new Action(
                sql.substring(start, tokens.get(tokens.size() - 1).end()),
                tokens.stream()
                        .map(token -> new SqlToken(
                                token.kind(), token.text(), token.start() - start, token.end() - start, token.depth()))
                        .toList());
    }

    /**
     * A change of a column's type.
     *
     * @param expression how old values become new ones, as it is written; empty for the cast between the types
     */
    record NewType(String column, String type, Optional<String> expression) {
        NewType {
            requireNonNull(column, "column is null");
            requireNonNull(type, "type is null");
            requireNonNull(expression, "expression is null");
        }
    }

    /** The change of type that an action is; empty for another one. */
    static Optional<NewType> newType(Action action) {
        SqlCursor cursor = new SqlCursor(action.tokens());
        if (!cursor.accept("alter")) {
            return Optional.empty();
        }
        cursor.accept("column");
        Optional<String> column = cursor.name();
        cursor.accept("set", "data");
        if (column.isEmpty() || !cursor.accept("type") || cursor.atEnd()) {
            return Optional.empty();
        }
        int typeStart = cursor.position();
        if (!cursor.skipTo("using")) {
            return Optional.of(
                    new NewType(column.get(), withoutCollation(action.sql().substring(typeStart)), Optional.empty()));
        }
        SqlToken using = cursor.peek().orElseThrow();
        return Optional.of(new NewType(
                column.get(),
                withoutCollation(action.sql().substring(typeStart, using.start())),
                Optional.of(action.sql().substring(using.end()).strip())));
    }

    private static String withoutCollation(String type) {
        for (SqlToken token : SqlTokens.of(type)) {
            if (token.is("collate")) {
                return type.substring(0, token.start()).strip();
            }
        }
        return type.strip();
    }

    /** The column that an action drops; empty for another one. */
    static Optional<String> droppedColumn(Action action) {
        SqlCursor cursor = new SqlCursor(action.tokens());
        if (!cursor.accept("drop") || cursor.accept("constraint")) {
            return Optional.empty();
        }
        cursor.accept("column");
        cursor.accept("if", "exists");
        return cursor.name();
    }

    static boolean isReplicaIdentity(Action action) {
        return ChangeStatement.startsWith(action.tokens(), "replica", "identity");
    }
}
