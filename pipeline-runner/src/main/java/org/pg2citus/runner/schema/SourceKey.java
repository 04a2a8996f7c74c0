package org.pg2citus.runner.schema;

import java.util.List;

/**
 * What keeps rows of a table apart: a primary key, a unique constraint or index, or an exclusion constraint.
 *
 * @param columns without expressions; of an exclusion, those that are compared by {@code =}
 * @param computed has expressions, or is for some of the rows
 */
record SourceKey(String name, Kind kind, List<String> columns, boolean computed) {

    /** Which of them. */
    enum Kind {
        PRIMARY,
        UNIQUE,
        EXCLUSION
    }

    SourceKey {
        columns = List.copyOf(columns);
    }
}
