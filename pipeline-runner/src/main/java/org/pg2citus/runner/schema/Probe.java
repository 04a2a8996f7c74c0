package org.pg2citus.runner.schema;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.sql.SqlCursor;
import org.pg2citus.sink.change.TableId;

/**
 * A question to the target's catalog, whether what a statement makes is there already. Read from the statement itself, so
 * that a script which was edited is asked about as well.
 *
 * @param sql gives one boolean, or no row when the object's table is not there
 * @param parameters in their order
 * @param citus asks for what only Citus has; without it the answer is no
 * @param otherwise a question whose yes counts as well
 */
record Probe(String sql, List<String> parameters, boolean citus, Optional<Probe> otherwise) {

    private static final String RELATION =
            """
            SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname = ? AND c.relname = ? AND c.relkind = ANY (?::text[]))""";

    private static final String OF_TABLE =
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname = ?";

    /** The letters of pg_attribute for what ALTER COLUMN SET STORAGE and SET COMPRESSION say. */
    private static final Map<String, String> STORAGE =
            Map.of("plain", "p", "external", "e", "extended", "x", "main", "m", "pglz", "p", "lz4", "l");

    // Local tables that a foreign key has drawn into Citus can still be distributed.
    private static final String IS_SPREAD =
            """
            SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(?)
                           AND NOT (partmethod = 'n' AND repmodel = 's' AND colocationid = 0))""";

    Probe {
        parameters = List.copyOf(parameters);
    }

    /** Empty for a statement that cannot be asked about. */
    static Optional<Probe> of(String sql) {
        SqlCursor cursor = new SqlCursor(sql);
        if (cursor.accept("select", "create_distributed_table", "(")
                || cursor.accept("select", "create_reference_table", "(")) {
            return cursor.string().map(table -> new Probe(IS_SPREAD, List.of(table), true, Optional.empty()));
        }
        if (cursor.accept("create", "schema")) {
            return cursor.name().map(name -> of("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = ?)", name));
        }
        if (cursor.accept("create", "extension")) {
            cursor.accept("if", "not", "exists");
            return cursor.name().map(name -> of("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = ?)", name));
        }
        if (cursor.accept("create", "type") || cursor.accept("create", "domain")) {
            // A shell type is not there yet: the second statement fills it.
            return cursor.qualifiedName()
                    .map(name -> of(
                            """
                            SELECT EXISTS (SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                                           WHERE n.nspname = ? AND t.typname = ? AND t.typisdefined)""",
                            name.schema(),
                            name.name()));
        }
        if (cursor.accept("create", "statistics")) {
            return cursor.qualifiedName()
                    .map(name -> of(
                            """
                            SELECT EXISTS (SELECT FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
                                           WHERE n.nspname = ? AND s.stxname = ?)""",
                            name.schema(),
                            name.name()));
        }
        if (cursor.accept("create", "trigger") || cursor.accept("create", "constraint", "trigger")) {
            return ofTable(cursor, "on", "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = ?)");
        }
        if (cursor.accept("create", "policy")) {
            return ofTable(
                    cursor, "on", "SELECT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = ?)");
        }
        if (cursor.accept("create", "rule")) {
            return ofTable(
                    cursor, "to", "SELECT EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid AND rulename = ?)");
        }
        if (cursor.accept("create", "function") || cursor.accept("create", "procedure")) {
            return routine(cursor, sql)
                    .map(named -> of(
                            "SELECT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE"
                                    + " n.nspname = ? AND p.proname = ? AND pg_get_function_arguments(p.oid) = ?)",
                            named.get(0),
                            named.get(1),
                            named.get(2)));
        }
        if (cursor.accept("create")) {
            return relation(cursor);
        }
        if (cursor.accept("alter", "table")) {
            return alterTable(cursor);
        }
        if (cursor.accept("alter", "index")) {
            Optional<TableId> parent = cursor.qualifiedName();
            return parent.isPresent() && cursor.accept("attach", "partition")
                    ? cursor.qualifiedName().map(child -> inherits(parent.get(), child))
                    : Optional.empty();
        }
        if (cursor.accept("alter", "sequence")) {
            Optional<TableId> sequence = cursor.qualifiedName();
            return sequence.isPresent() && cursor.accept("owned", "by")
                    ? sequence.map(name -> of(
                            "SELECT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid"
                                    + " AND deptype = 'a') " + OF_TABLE,
                            name.schema(),
                            name.name()))
                    : Optional.empty();
        }
        if (cursor.accept("comment", "on")) {
            return comment(cursor, sql);
        }
        return Optional.empty();
    }

    /** Schema, name, and the arguments as they are written. */
    private static Optional<List<String>> routine(SqlCursor cursor, String sql) {
        Optional<TableId> name = cursor.qualifiedName();
        int open = cursor.position();
        if (name.isEmpty() || !cursor.accept("(")) {
            return Optional.empty();
        }
        if (cursor.accept(")")) {
            return Optional.of(List.of(name.get().schema(), name.get().name(), ""));
        }
        return cursor.skipBehind(")")
                ? Optional.of(
                        List.of(name.get().schema(), name.get().name(), sql.substring(open + 1, cursor.behind() - 1)))
                : Optional.empty();
    }

    /** Of the commonest objects; other comments are set again, which changes nothing. */
    private static Optional<Probe> comment(SqlCursor cursor, String sql) {
        String same = " IS NOT DISTINCT FROM ? ";
        if (cursor.accept("table")
                || cursor.accept("view")
                || cursor.accept("materialized", "view")
                || cursor.accept("index")
                || cursor.accept("sequence")) {
            return cursor.qualifiedName().flatMap(name -> text(cursor)
                    .map(text -> of(
                            "SELECT obj_description(c.oid, 'pg_class')" + same + OF_TABLE,
                            text,
                            name.schema(),
                            name.name())));
        }
        if (cursor.accept("column")) {
            Optional<TableId> table = cursor.qualifiedName();
            Optional<String> column = cursor.accept(".") ? cursor.name() : Optional.empty();
            return column.flatMap(name -> text(cursor)
                    .map(text -> of(
                            "SELECT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ? AND"
                                    + " col_description(c.oid, a.attnum)" + same + ") " + OF_TABLE,
                            name,
                            text,
                            table.orElseThrow().schema(),
                            table.orElseThrow().name())));
        }
        if (cursor.accept("constraint")) {
            Optional<String> constraint = cursor.name();
            Optional<TableId> table =
                    constraint.isPresent() && cursor.accept("on") ? cursor.qualifiedName() : Optional.empty();
            return table.flatMap(of -> text(cursor)
                    .map(text -> of(
                            "SELECT EXISTS (SELECT FROM pg_constraint o WHERE o.conrelid = c.oid AND o.conname = ? AND"
                                    + " obj_description(o.oid, 'pg_constraint')" + same + ") " + OF_TABLE,
                            constraint.orElseThrow(),
                            text,
                            of.schema(),
                            of.name())));
        }
        if (cursor.accept("function") || cursor.accept("procedure")) {
            return routine(cursor, sql).flatMap(named -> text(cursor)
                    .map(text -> of(
                            "SELECT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
                                    + " WHERE n.nspname = ? AND p.proname = ? AND"
                                    + " pg_get_function_identity_arguments(p.oid) = ? AND"
                                    + " obj_description(p.oid, 'pg_proc')" + same + ")",
                            named.get(0),
                            named.get(1),
                            named.get(2),
                            text)));
        }
        return Optional.empty();
    }

    private static Optional<String> text(SqlCursor cursor) {
        return cursor.accept("is") ? cursor.string() : Optional.empty();
    }

    private static Optional<Probe> relation(SqlCursor cursor) {
        cursor.accept("unlogged");
        boolean table = cursor.accept("table");
        if (table || cursor.accept("sequence") || cursor.accept("view") || cursor.accept("materialized", "view")) {
            // A view in a table's place is not what the statement makes: it has to fail then.
            return cursor.qualifiedName()
                    .map(name -> of(RELATION, name.schema(), name.name(), table ? "{r,p}" : "{S,v,m}"));
        }
        cursor.accept("unique");
        if (!cursor.accept("index")) {
            return Optional.empty();
        }
        cursor.accept("concurrently");
        Optional<String> name = cursor.name();
        if (name.isEmpty() || !cursor.accept("on")) {
            return Optional.empty();
        }
        cursor.accept("only");
        // An index is in its table's schema.
        return cursor.qualifiedName().map(of -> of(RELATION, of.schema(), name.get(), "{i,I}"));
    }

    private static Optional<Probe> alterTable(SqlCursor cursor) {
        cursor.accept("only");
        Optional<TableId> named = cursor.qualifiedName();
        if (named.isEmpty()) {
            return Optional.empty();
        }
        TableId table = named.get();
        if (cursor.accept("add", "constraint")) {
            return cursor.name().map(name -> constraint(table, name));
        }
        if (cursor.accept("attach", "partition")) {
            return cursor.qualifiedName().map(child -> inherits(table, child));
        }
        if (cursor.accept("alter", "column")) {
            Optional<String> column = cursor.name();
            if (column.isEmpty()) {
                return Optional.empty();
            }
            if (cursor.accept("set", "default")) {
                return Optional.of(attribute(table, column.get(), "a.atthasdef"));
            }
            if (cursor.accept("add", "generated")) {
                return Optional.of(attribute(table, column.get(), "a.attidentity <> ''"));
            }
            if (cursor.accept("set", "not", "null")) {
                return Optional.of(attribute(table, column.get(), "a.attnotnull"));
            }
            return Optional.of(setting(cursor)
                    .map(condition -> attribute(table, column.get(), condition))
                    .map(probe -> new Probe(probe.sql(), probe.parameters(), false, Optional.of(distributed(table))))
                    .orElse(distributed(table)));
        }
        if (cursor.accept("cluster", "on")) {
            return cursor.name()
                    .map(index -> of(
                            "SELECT EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid"
                                    + " = c.oid AND i.indisclustered AND x.relname = ?) " + OF_TABLE,
                            index,
                            table.schema(),
                            table.name()));
        }
        if (cursor.accept("replica", "identity", "full")) {
            return Optional.of(of("SELECT c.relreplident = 'f' " + OF_TABLE, table.schema(), table.name()));
        }
        if (cursor.accept("replica", "identity", "using", "index")) {
            return cursor.name()
                    .map(index -> of(
                            "SELECT c.relreplident = 'i' AND EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid ="
                                    + " i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident AND x.relname = ?) "
                                    + OF_TABLE,
                            index,
                            table.schema(),
                            table.name()));
        }
        if (cursor.accept("enable", "row", "level", "security")) {
            return Optional.of(of("SELECT c.relrowsecurity " + OF_TABLE, table.schema(), table.name()));
        }
        if (cursor.accept("force", "row", "level", "security")) {
            return Optional.of(of("SELECT c.relforcerowsecurity " + OF_TABLE, table.schema(), table.name()));
        }
        return Optional.of(distributed(table));
    }

    /** What is true when a setting of a column has been made. */
    private static Optional<String> setting(SqlCursor cursor) {
        if (cursor.accept("set", "statistics")) {
            return cursor.number()
                    .filter(number -> number.matches("\\d+"))
                    .map(number -> "a.attstattarget = " + number);
        }
        boolean storage = cursor.accept("set", "storage");
        if (storage || cursor.accept("set", "compression")) {
            return cursor.name()
                    .filter(STORAGE::containsKey)
                    .map(word ->
                            (storage ? "a.attstorage = '%s'" : "a.attcompression = '%s'").formatted(STORAGE.get(word)));
        }
        return Optional.empty();
    }

    private static Probe constraint(TableId table, String name) {
        return of(
                "SELECT EXISTS (SELECT FROM pg_constraint o WHERE o.conrelid = c.oid AND o.conname = ?) " + OF_TABLE,
                name,
                table.schema(),
                table.name());
    }

    private static Probe inherits(TableId parent, TableId child) {
        return of(
                """
                SELECT EXISTS (SELECT FROM pg_inherits h
                               JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
                               WHERE h.inhrelid = c.oid AND pn.nspname = ? AND p.relname = ?)\s"""
                        + OF_TABLE,
                parent.schema(),
                parent.name(),
                child.schema(),
                child.name());
    }

    private static Probe attribute(TableId table, String column, String condition) {
        return of(
                "SELECT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = ? AND %s) "
                                .formatted(condition)
                        + OF_TABLE,
                column,
                table.schema(),
                table.name());
    }

    /**
     * Other changes of a table are made before it is distributed; where it is, they have been made. Citus would refuse most
     * of them then.
     */
    private static Probe distributed(TableId table) {
        return new Probe(
                "SELECT EXISTS (SELECT FROM pg_dist_partition p WHERE p.logicalrelid = c.oid) " + OF_TABLE,
                List.of(table.schema(), table.name()),
                true,
                Optional.empty());
    }

    private static Optional<Probe> ofTable(SqlCursor cursor, String word, String question) {
        Optional<String> name = cursor.name();
        if (name.isEmpty() || !cursor.skipBehind(word)) {
            return Optional.empty();
        }
        cursor.accept("only");
        return cursor.qualifiedName()
                .map(table -> of(question + " " + OF_TABLE, name.get(), table.schema(), table.name()));
    }

    private static Probe of(String sql, String... parameters) {
        return new Probe(sql, List.of(parameters), false, Optional.empty());
    }
}
