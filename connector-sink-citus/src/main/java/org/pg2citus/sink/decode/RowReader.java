package org.pg2citus.sink.decode;

import org.pg2citus.sink.change.Row;

/** Reads rows of one table. Rows of the same columns share one list of names. */
interface RowReader {

    /**
     * Reads one row.
     *
     * @param fields a Map or a Struct, one field for each column
     * @throws UnreadableRowException when a value cannot be carried exactly
     */
    Row read(Object fields);
}
