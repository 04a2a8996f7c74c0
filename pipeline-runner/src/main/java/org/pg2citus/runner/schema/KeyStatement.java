package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.sql.SqlCursor;
import org.pg2citus.runner.sql.SqlToken;
import org.pg2citus.runner.sql.SqlTokens;
import org.pg2citus.sink.change.TableId;

/**
 * A statement that makes a primary key, a unique key or index, or an exclusion constraint.
 *
 * @param columnsEnd where in the text the list of columns is closed
 */
record KeyStatement(TableId table, SourceKey key, String sql, int columnsEnd) {

    /** Reads one as {@code pg_dump} writes it; empty when it is something else. */
    static Optional<KeyStatement> of(String sql) {
        SqlCursor cursor = new SqlCursor(sql);
        if (cursor.accept("create", "unique", "index")) {
            Optional<String> name = cursor.name();
            if (name.isEmpty() || !cursor.accept("on")) {
                return Optional.empty();
            }
            cursor.accept("only");
            Optional<TableId> table = cursor.qualifiedName();
            if (table.isPresent() && cursor.accept("using") && cursor.name().isPresent()) {
                return read(table.get(), name.get(), SourceKey.Kind.UNIQUE, cursor, sql);
            }
            return Optional.empty();
        }
        if (!cursor.accept("alter", "table")) {
            return Optional.empty();
        }
        cursor.accept("only");
        Optional<TableId> table = cursor.qualifiedName();
        if (table.isEmpty() || !cursor.accept("add", "constraint")) {
            return Optional.empty();
        }
        String name = cursor.name().orElse("");
        if (cursor.accept("primary", "key")) {
            return read(table.get(), name, SourceKey.Kind.PRIMARY, cursor, sql);
        }
        if (cursor.accept("unique")) {
            if (!cursor.accept("nulls", "not", "distinct")) {
                cursor.accept("nulls", "distinct");
            }
            return read(table.get(), name, SourceKey.Kind.UNIQUE, cursor, sql);
        }
        if (cursor.accept("exclude", "using") && cursor.name().isPresent()) {
            int start = cursor.position();
            cursor.list();
            List<String> equal = equalColumns(sql.substring(start, cursor.behind()));
            return Optional.of(new KeyStatement(
                    table.get(), new SourceKey(name, SourceKey.Kind.EXCLUSION, equal, false), sql, cursor.closing()));
        }
        return Optional.empty();
    }

    private static Optional<KeyStatement> read(
            TableId table, String name, SourceKey.Kind kind, SqlCursor cursor, String sql) {
        List<Optional<String>> items = cursor.list();
        if (items.isEmpty()) {
            return Optional.empty();
        }
        int end = cursor.closing();
        boolean partial = cursor.skipBehind("where");
        List<String> columns = items.stream().flatMap(Optional::stream).toList();
        return Optional.of(new KeyStatement(
                table, new SourceKey(name, kind, columns, partial || columns.size() < items.size()), sql, end));
    }

    private static List<String> equalColumns(String list) {
        List<SqlToken> tokens = SqlTokens.of(list);
        List<String> columns = new ArrayList<>();
        String column = "";
        for (int i = 1; i + 1 < tokens.size(); i++) {
            if (tokens.get(i).isName()
                    && (tokens.get(i - 1).is("(") || tokens.get(i - 1).is(","))) {
                column = tokens.get(i).text();
            }
            boolean single = tokens.get(i + 1).is(",") || tokens.get(i + 1).is(")");
            if (tokens.get(i).is("=") && tokens.get(i - 1).is("with") && single) {
                columns.add(column);
            }
        }
        return columns;
    }

    /** The same with one more column at the end, which leaves lookups by the others as quick as they are. */
    String with(String column) {
        return sql.substring(0, columnsEnd) + ", " + TableId.quote(column) + sql.substring(columnsEnd);
    }
}
