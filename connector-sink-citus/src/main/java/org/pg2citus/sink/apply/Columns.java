package org.pg2citus.sink.apply;

import java.util.List;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.failure.HaltException;

/** Finds columns of the target by the source's names. */
final class Columns {

    private Columns() {}

    /** @throws HaltException AP002 when the target has no such column */
    static TargetColumn of(TargetTable table, String name) {
        TargetColumn column = table.columns().get(name);
        if (column == null) {
            throw new HaltException(
                    "AP002",
                    ("table %s has no column %s in the target, but the source sends it. Add the column to the target"
                                    + " with the source's type, then start again.")
                            .formatted(table.id(), name));
        }
        return column;
    }

    static List<TargetColumn> of(TargetTable table, List<String> names) {
        return names.stream().map(name -> of(table, name)).toList();
    }
}
