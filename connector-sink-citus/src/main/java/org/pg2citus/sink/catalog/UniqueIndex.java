package org.pg2citus.sink.catalog;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.Set;

/**
 * An index that allows no two rows with equal (or, for an exclusion constraint, conflicting) values.
 *
 * @param columns the columns it reads, included ones left out
 * @param computed true when it has expressions or a WHERE clause, so that any column may matter
 */
public record UniqueIndex(String name, Set<String> columns, boolean computed) {

    public UniqueIndex {
        requireNonNull(name, "name is null");
        columns = Set.copyOf(columns);
    }

    /** True when writing these columns may collide in this index. */
    public boolean isTouchedBy(Collection<String> writtenColumns) {
        return computed || writtenColumns.stream().anyMatch(columns::contains);
    }
}
