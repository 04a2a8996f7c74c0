package org.pg2citus.sink.change;

import static java.util.Objects.requireNonNull;

/** A table's schema and name, unquoted and in the case the catalog stores. */
public record TableId(String schema, String name) implements Comparable<TableId> {

    public TableId {
        requireNonNull(schema, "schema is null");
        requireNonNull(name, "name is null");
    }

    /** The name quoted for use in SQL, for example {@code "public"."Order ""A"""}. */
    public String toSql() {
        return quote(schema) + "." + quote(name);
    }

    /** Quotes one identifier for SQL; the only place where identifiers are quoted. */
    public static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    @Override
    public int compareTo(TableId other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema != 0 ? bySchema : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}
