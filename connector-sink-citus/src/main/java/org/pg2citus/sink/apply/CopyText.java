package org.pg2citus.sink.apply;

/**
 * Writes values in COPY's text format.
 *
 * <p>Source: <a href="https://www.postgresql.org/docs/current/sql-copy.html">COPY, Text Format</a>.
 */
final class CopyText {

    private CopyText() {}

    /** Appends one value; {@code null} is SQL NULL. */
    static void append(StringBuilder line, String value) {
        if (value == null) {
            line.append("\\N");
            return;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> line.append("\\\\");
                case '\t' -> line.append("\\t");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                default -> line.append(c);
            }
        }
    }
}
