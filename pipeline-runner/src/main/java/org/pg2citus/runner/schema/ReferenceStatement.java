package org.pg2citus.runner.schema;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pg2citus.runner.schema.SourceReference.Action;
import org.pg2citus.runner.sql.SqlCursor;
import org.pg2citus.sink.change.TableId;

/**
 * A statement that makes a foreign key.
 *
 * @param columnsEnd where in the text the list of its columns is closed
 * @param targetEnd where that of the other table's columns is
 */
record ReferenceStatement(TableId table, SourceReference reference, String sql, int columnsEnd, int targetEnd) {

    /** Reads one as {@code pg_dump} writes it; empty when it is something else. */
    static Optional<ReferenceStatement> of(String sql) {
        SqlCursor cursor = new SqlCursor(sql);
        if (!cursor.accept("alter", "table")) {
            return Optional.empty();
        }
        cursor.accept("only");
        Optional<TableId> table = cursor.qualifiedName();
        if (table.isEmpty() || !cursor.accept("add", "constraint")) {
            return Optional.empty();
        }
        String name = cursor.name().orElse("");
        if (!cursor.accept("foreign", "key")) {
            return Optional.empty();
        }
        List<String> columns = names(cursor);
        int columnsEnd = cursor.closing();
        if (!cursor.accept("references")) {
            return Optional.empty();
        }
        TableId target = cursor.qualifiedName().orElseThrow();
        List<String> targetColumns = names(cursor);
        return Optional.of(new ReferenceStatement(
                table.get(),
                new SourceReference(name, columns, target, targetColumns, action(sql, "delete"), action(sql, "update")),
                sql,
                columnsEnd,
                cursor.closing()));
    }

    private static List<String> names(SqlCursor cursor) {
        return cursor.list().stream().map(Optional::orElseThrow).toList();
    }

    private static Action action(String sql, String event) {
        SqlCursor cursor = new SqlCursor(sql);
        if (cursor.skipBehind("on", event)) {
            for (Action action : Action.values()) {
                if (cursor.accept(action.sql().toLowerCase(Locale.ROOT).split(" ", -1))) {
                    return action;
                }
            }
        }
        return Action.NO_ACTION;
    }

    /** The statement as a decision wants it. */
    String as(CitusRules.Reference decision) {
        String changed = sql;
        if (decision.dropOnDelete()) {
            changed = without(changed, "delete", reference.onDelete());
        }
        if (decision.dropOnUpdate()) {
            changed = without(changed, "update", reference.onUpdate());
        }
        if (!decision.added().isEmpty()) {
            // The actions come behind both lists, so these positions are still right. The later one goes first.
            changed = insert(changed, targetEnd, decision.added().get(1));
            changed = insert(changed, columnsEnd, decision.added().get(0));
        }
        return changed;
    }

    private static String insert(String sql, int at, String column) {
        return sql.substring(0, at) + ", " + TableId.quote(column) + sql.substring(at);
    }

    private static String without(String sql, String event, Action action) {
        SqlCursor cursor = new SqlCursor(sql);
        if (!cursor.skipBehind("on", event)) {
            throw new AssertionError("no ON " + event + " in: " + sql);
        }
        int start = sql.toLowerCase(Locale.ROOT).lastIndexOf("on " + event, cursor.behind());
        cursor.accept(action.sql().toLowerCase(Locale.ROOT).split(" ", -1));
        // SET NULL (columns), from PostgreSQL 15 on.
        cursor.list();
        return (sql.substring(0, start).stripTrailing() + sql.substring(cursor.behind())).strip();
    }
}
