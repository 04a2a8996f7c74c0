package org.pg2citus.runner.state;

import static java.util.Objects.requireNonNull;

import org.pg2citus.sink.change.TableId;

/**
 * An index of the target that is dropped for the copy and built again after it.
 *
 * @param definition the statement that builds it
 */
public record DeferredIndex(String schema, String name, TableId table, String definition) {
    public DeferredIndex {
        requireNonNull(schema, "schema is null");
        requireNonNull(name, "name is null");
        requireNonNull(table, "table is null");
        requireNonNull(definition, "definition is null");
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}
