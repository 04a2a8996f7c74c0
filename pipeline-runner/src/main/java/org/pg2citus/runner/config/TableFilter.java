package org.pg2citus.runner.config;

import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.pg2citus.sink.change.TableId;

/** Which tables take part: included by a pattern and excluded by none. */
public record TableFilter(List<TablePattern> include, List<TablePattern> exclude) {

    public TableFilter {
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
    }

    public boolean includes(TableId table) {
        return include.stream().anyMatch(pattern -> pattern.matches(table))
                && exclude.stream().noneMatch(pattern -> pattern.matches(table));
    }

    /** The patterns, of both kinds, that match no table at all: most likely misspelt. */
    public List<TablePattern> matchingNothing(Collection<TableId> tables) {
        return Stream.concat(include.stream(), exclude.stream())
                .filter(pattern -> tables.stream().noneMatch(pattern::matches))
                .toList();
    }
}
