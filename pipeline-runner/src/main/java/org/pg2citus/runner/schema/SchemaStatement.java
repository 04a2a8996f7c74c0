package org.pg2citus.runner.schema;

import java.util.List;

/**
 * One statement of a script.
 *
 * @param sql without a semicolon
 * @param notes what to know about it, for people
 */
public record SchemaStatement(Section section, String sql, List<String> notes) {

    private static final int SHORT = 110;

    public SchemaStatement {
        notes = List.copyOf(notes);
    }

    SchemaStatement(Section section, String sql) {
        this(section, sql, List.of());
    }

    /** Its beginning, in one line. */
    public String shortSql() {
        String line = sql.strip().replaceAll("\\s+", " ");
        return line.length() <= SHORT ? line : line.substring(0, SHORT - 3) + "...";
    }
}
