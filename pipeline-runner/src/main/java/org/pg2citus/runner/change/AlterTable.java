package org.pg2citus.runner.change;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
    record Action(String sql, List<Token> tokens) {
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
        TokenCursor cursor = new TokenCursor(statement.tokens());
        if (!cursor.take("alter", "table")) {
            return Optional.empty();
        }
        if (cursor.take("all")) {
            return Optional.empty();
        }
        cursor.take("if", "exists");
        cursor.take("only");
        Optional<SqlName> name = cursor.takeName();
        cursor.takeSymbol('*');
        if (name.isEmpty() || cursor.isAtEnd()) {
            return Optional.empty();
        }
        int from = cursor.position();
        String head = statement
                .sql()
                .substring(0, statement.tokens().get(from).start())
                .strip();
        return Optional.of(new AlterTable(name.get(), head, actions(statement, from)));
    }

    private static List<Action> actions(ChangeStatement statement, int from) {
        List<Action> actions = new ArrayList<>();
        List<Token> tokens = statement.tokens();
        int first = from;
        for (int i = from; i <= tokens.size(); i++) {
            boolean ends = i == tokens.size()
                    || (tokens.get(i).depth() == 0 && tokens.get(i).isSymbol(','));
            if (ends && i > first) {
                actions.add(action(statement.sql(), tokens.subList(first, i)));
                first = i + 1;
            }
        }
        return actions;
    }

    private static Action action(String sql, List<Token> tokens) {
        int start = tokens.get(0).start();
        return new Action(
                sql.substring(start, tokens.get(tokens.size() - 1).end()),
                tokens.stream()
                        .map(token -> new Token(
                                token.kind(), token.value(), token.start() - start, token.end() - start, token.depth()))
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
        TokenCursor cursor = new TokenCursor(action.tokens());
        if (!cursor.take("alter")) {
            return Optional.empty();
        }
        cursor.take("column");
        Optional<String> column = cursor.takeIdentifier();
        cursor.take("set", "data");
        if (column.isEmpty() || !cursor.take("type") || cursor.isAtEnd()) {
            return Optional.empty();
        }
        int typeStart = cursor.peek().orElseThrow().start();
        if (!cursor.skipTo("using", 0)) {
            return Optional.of(
                    new NewType(column.get(), withoutCollation(action.sql().substring(typeStart)), Optional.empty()));
        }
        Token using = cursor.peek().orElseThrow();
        return Optional.of(new NewType(
                column.get(),
                withoutCollation(action.sql().substring(typeStart, using.start())),
                Optional.of(action.sql().substring(using.end()).strip())));
    }

    private static String withoutCollation(String type) {
        for (Token token : Tokens.of(type)) {
            if (token.isWord("collate")) {
                return type.substring(0, token.start()).strip();
            }
        }
        return type.strip();
    }

    /** The column that an action drops; empty for another one. */
    static Optional<String> droppedColumn(Action action) {
        TokenCursor cursor = new TokenCursor(action.tokens());
        if (!cursor.take("drop") || cursor.take("constraint")) {
            return Optional.empty();
        }
        cursor.take("column");
        cursor.take("if", "exists");
        return cursor.takeIdentifier();
    }

    static boolean isReplicaIdentity(Action action) {
        return ChangeStatement.startsWith(action.tokens(), "replica", "identity");
    }
}
