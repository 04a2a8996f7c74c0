package org.pg2citus.runner.sql;

import static java.util.Objects.requireNonNull;
import static org.pg2citus.sink.change.TableId.quote;

import java.util.Optional;

/**
 * The name of a table as a statement has it.
 *
 * @param schema empty when the search path says it
 */
public record SqlName(Optional<String> schema, String name) {

    public SqlName {
        requireNonNull(schema, "schema is null");
        requireNonNull(name, "name is null");
    }

    /** In the form that {@code to_regclass} reads. */
    public String toSql() {
        return schema.map(known -> quote(known) + ".").orElse("") + quote(name);
    }
}
