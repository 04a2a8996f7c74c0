package org.pg2citus.runner.schema;

import java.util.List;
import java.util.Locale;

/**
 * One object of a dump.
 *
 * @param name as the header has it
 * @param type for example {@code FK CONSTRAINT}
 * @param schema {@code -} for objects without one
 * @param statements without semicolons
 */
record DumpEntry(String name, String type, String schema, List<String> statements) {

    DumpEntry {
        statements = List.copyOf(statements);
    }

    /** For people. */
    @Override
    public String toString() {
        return "%s %s%s".formatted(type.toLowerCase(Locale.ROOT), schema.equals("-") ? "" : schema + ".", name);
    }
}
