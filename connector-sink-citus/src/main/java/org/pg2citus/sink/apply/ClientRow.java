package org.pg2citus.sink.apply;

import java.util.Collections;
import java.util.List;

/**
 * A row that goes into a statement.
 *
 * @param values in the order of the statement's columns; {@code null} is SQL NULL
 * @param origin the change that it is for
 */
record ClientRow<T>(List<String> values, T origin) {

    ClientRow {
        values = Collections.unmodifiableList(values);
    }
}
