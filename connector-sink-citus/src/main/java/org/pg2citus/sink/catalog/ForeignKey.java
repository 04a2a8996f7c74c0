package org.pg2citus.sink.catalog;

import static java.util.Objects.requireNonNull;

import org.pg2citus.sink.change.TableId;

/**
 * A foreign key of the target.
 *
 * @param child the table that has the constraint
 * @param parent the table that it references
 * @param deleteHasEffect true when the delete of a parent row changes child rows: CASCADE, SET NULL, SET DEFAULT
 */
public record ForeignKey(String name, TableId child, TableId parent, boolean deleteHasEffect) {

    public ForeignKey {
        requireNonNull(name, "name is null");
        requireNonNull(child, "child is null");
        requireNonNull(parent, "parent is null");
    }
}
