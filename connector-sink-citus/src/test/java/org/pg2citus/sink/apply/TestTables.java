package org.pg2citus.sink.apply;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.catalog.TargetColumn;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.catalog.UniqueIndex;
import org.pg2citus.sink.change.TableId;

/** Descriptions of tables for tests without a server. */
final class TestTables {

    static final TargetColumn TENANT = column("tenant", "bigint");
    static final TargetColumn ID = column("id", "bigint");
    static final TargetColumn NAME = column("name", "text");
    static final TargetColumn TAGS =
            new TargetColumn("tags", "text[]", false, Optional.empty(), false, false, Optional.empty(), false);
    static final TargetColumn NUMBER =
            new TargetColumn("number", "bigint", false, Optional.of("bigint[]"), false, true, Optional.of("="), true);
    static final TargetColumn EMAIL = new TargetColumn(
            "E mail",
            "public.citext",
            false,
            Optional.of("public.citext[]"),
            false,
            false,
            Optional.of("OPERATOR(\"public\".=)"),
            false);

    private TestTables() {}

    static TargetColumn column(String name, String type) {
        return new TargetColumn(name, type, false, Optional.of(type + "[]"), false, false, Optional.of("="), true);
    }

    static TargetTable distributed(List<UniqueIndex> indexes, TargetColumn... columns) {
        return table(TableKind.DISTRIBUTED, Optional.of("tenant"), indexes, columns);
    }

    static TargetTable plain(TargetColumn... columns) {
        return table(TableKind.PLAIN, Optional.empty(), List.of(), columns);
    }

    private static TargetTable table(
            TableKind kind, Optional<String> distributionColumn, List<UniqueIndex> indexes, TargetColumn... columns) {
        Map<String, TargetColumn> byName = new LinkedHashMap<>();
        for (TargetColumn column : columns) {
            byName.put(column.name(), column);
        }
        return new TargetTable(
                new TableId("app", "t"), kind, false, false, byName, distributionColumn, 1, indexes, List.of());
    }
}
