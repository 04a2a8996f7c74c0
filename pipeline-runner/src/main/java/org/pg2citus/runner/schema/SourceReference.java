package org.pg2citus.runner.schema;

import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * A foreign key.
 *
 * @param targetColumns in the order of {@code columns}
 */
record SourceReference(
        String name,
        List<String> columns,
        TableId target,
        List<String> targetColumns,
        Action onDelete,
        Action onUpdate) {

    /** What happens to a row when the one that it refers to goes or changes. */
    enum Action {
        NO_ACTION('a', "NO ACTION"),
        RESTRICT('r', "RESTRICT"),
        CASCADE('c', "CASCADE"),
        SET_NULL('n', "SET NULL"),
        SET_DEFAULT('d', "SET DEFAULT");

        private final char code;
        private final String sql;

        Action(char code, String sql) {
            this.code = code;
            this.sql = sql;
        }

        /** As {@code pg_constraint} has it. */
        static Action of(String code) {
            for (Action action : values()) {
                if (code.equals(String.valueOf(action.code))) {
                    return action;
                }
            }
            throw new AssertionError("pg_constraint knows no action '" + code + "'");
        }

        String sql() {
            return sql;
        }

        boolean sets() {
            return this == SET_NULL || this == SET_DEFAULT;
        }
    }

    SourceReference {
        columns = List.copyOf(columns);
        targetColumns = List.copyOf(targetColumns);
    }

    /** The column that refers to this one, if one does. */
    Optional<String> columnFor(String targetColumn) {
        int index = targetColumns.indexOf(targetColumn);
        return index < 0 ? Optional.empty() : Optional.of(columns.get(index));
    }
}
