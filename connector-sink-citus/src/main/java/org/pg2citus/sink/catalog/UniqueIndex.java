package org.pg2citus.sink.catalog;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.Set;

/**
 * An index that allows no two rows with equal (or, for an exclusion constraint, conflicting) values.
 *
 * @param columns the columns it reads, included ones left out
 * @param unique false for an exclusion constraint, and for an index that is not valid (yet)
 * @param computed true when it has expressions or a WHERE clause, so that any column may matter
 */
public record UniqueIndex(String name, Set<String> columns, boolean unique, boolean computed) {

    public UniqueIndex {
        requireNonNull(name, "name is null");
        columns = Set.copyOf(columns);
    }

    /** True when writing these columns may collide in this index. */
    public boolean isTouchedBy(Collection<String> writtenColumns) {
        return computed || writtenColumns.stream().anyMatch(columns::contains);
    }

    /** True when of rows that are equal in these columns there is one at most. */
    public boolean allowsOneRowOf(Collection<String> matchedColumns) {
        return unique && !computed && matchedColumns.containsAll(columns);
    }
}
