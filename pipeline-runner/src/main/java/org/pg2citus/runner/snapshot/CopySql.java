package org.pg2citus.runner.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.state.ChunkRange;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.KeyOrder;

/** The COPY statements of both sides. */
final class CopySql {

    private CopySql() {}

    static String out(Table table, ChunkRange range) {
        String columns = columns(table);
        if (range instanceof ChunkRange.Keys keys) {
            return "COPY (SELECT %s FROM %s%s) TO STDOUT".formatted(columns, rows(table), where(keys));
        }
        if (range instanceof ChunkRange.Blocks blocks) {
            return "COPY (SELECT %s FROM ONLY %s WHERE ctid >= '(%d,0)'::tid%s) TO STDOUT"
                    .formatted(
                            columns,
                            blocks.leaf().toSql(),
                            blocks.from(),
                            blocks.to().isPresent()
                                    ? " AND ctid < '(%d,0)'::tid"
                                            .formatted(blocks.to().getAsLong())
                                    : "");
        }
        // A partitioned table has rows only in its partitions, which COPY without SELECT does not read.
        return table.partitioned()
                ? "COPY (SELECT %s FROM %s) TO STDOUT"
                        .formatted(columns, table.id().toSql())
                : "COPY %s (%s) TO STDOUT".formatted(table.id().toSql(), columns);
    }

    static String in(Table table) {
        return "COPY %s (%s) FROM STDIN".formatted(table.id().toSql(), columns(table));
    }

    /** Without those of tables that inherit from it: these are tables of their own. */
    static String rows(Table table) {
        return table.partitioned() ? table.id().toSql() : "ONLY " + table.id().toSql();
    }

    private static String where(ChunkRange.Keys keys) {
        List<String> bounds = new ArrayList<>();
        String column = TableId.quote(keys.column());
        keys.from().ifPresent(from -> bounds.add("%s >= %s".formatted(column, literal(keys.order(), from))));
        keys.to().ifPresent(to -> bounds.add("%s < %s".formatted(column, literal(keys.order(), to))));
        return bounds.isEmpty() ? "" : " WHERE " + String.join(" AND ", bounds);
    }

    /** Integers without a type: the column's own operator is found, and with it its index. */
    private static String literal(KeyOrder order, String value) {
        return switch (order) {
            case INTEGER -> "'%d'".formatted(Long.parseLong(value));
            case UUID -> "'%s'".formatted(java.util.UUID.fromString(value));
        };
    }

    private static String columns(Table table) {
        return table.copiedColumns().stream().map(TableId::quote).collect(Collectors.joining(", "));
    }
}
