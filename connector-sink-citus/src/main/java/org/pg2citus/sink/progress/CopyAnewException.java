package org.pg2citus.sink.progress;

import static java.util.Objects.requireNonNull;

import org.pg2citus.sink.change.TableId;

/** The parts of a table's copy come from different snapshots and cannot be joined: the table has to be copied anew. */
public final class CopyAnewException extends RuntimeException {

    private final transient TableId table;

    CopyAnewException(TableId table, String message) {
        super(message);
        this.table = requireNonNull(table, "table is null");
    }

    public TableId table() {
        return table;
    }
}
