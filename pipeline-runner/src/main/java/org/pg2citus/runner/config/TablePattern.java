package org.pg2citus.runner.config;

import java.util.regex.Pattern;
import org.pg2citus.sink.change.TableId;

/**
 * A pattern for table names: {@code schema.table}, with {@code *} for any characters and {@code ?} for one; upper and
 * lower case differ, as in the catalog. Without a dot it is for tables of any schema.
 */
public final class TablePattern {

    private final String text;
    private final Pattern schema;
    private final Pattern name;

    /** @throws IllegalArgumentException when a part is empty */
    public TablePattern(String text) {
        this.text = text;
        int dot = text.indexOf('.');
        String schemaGlob = dot < 0 ? "*" : text.substring(0, dot);
        String nameGlob = text.substring(dot + 1);
        if (schemaGlob.isBlank() || nameGlob.isBlank()) {
            throw new IllegalArgumentException(
                    "not a table pattern (expected like public.orders or public.*): '" + text + "'");
        }
        this.schema = regex(schemaGlob);
        this.name = regex(nameGlob);
    }

    public boolean matches(TableId table) {
        return schema.matcher(table.schema()).matches()
                && name.matcher(table.name()).matches();
    }

    private static Pattern regex(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    @Override
    public String toString() {
        return text;
    }
}
