package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pg2citus.sink.change.TableId;

/** Rows in the local table that stands for a Citus table on each node: no query of the Citus table sees them. */
public final class HiddenRows {

    /** The code of findings about them. */
    public static final String CODE = "PF054";

    private static final String SIZES =
            """
            SELECT t.name, coalesce(n.nodename || ':' || n.nodeport, 'coordinator'), r.success, r.result
            FROM unnest(?::text[]) t(name)
            JOIN pg_dist_partition p ON p.logicalrelid = t.name::regclass
            CROSS JOIN LATERAL run_command_on_all_nodes(format('SELECT pg_relation_size(%L::regclass)', t.name)) r
            LEFT JOIN pg_dist_node n ON n.nodeid = r.nodeid""";

    private HiddenRows() {}

    /** Of each table that has some: the nodes, with how much is there. */
    public static Map<TableId, List<String>> find(Connection target, Collection<TableId> tables) throws SQLException {
        Map<String, TableId> byName = new TreeMap<>();
        tables.forEach(table -> byName.put(table.toSql(), table));
        Map<TableId, List<String>> found = new TreeMap<>();
        try (PreparedStatement query = target.prepareStatement(SIZES)) {
            query.setArray(1, target.createArrayOf("text", byName.keySet().toArray()));
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    String result = row.getString(4);
                    if (!row.getBoolean(3) || !result.equals("0")) {
                        found.computeIfAbsent(byName.get(row.getString(1)), table -> new ArrayList<>())
                                .add("%s (%s)"
                                        .formatted(row.getString(2), row.getBoolean(3) ? result + " bytes" : result));
                    }
                }
            }
        }
        return found;
    }

    public static String message(List<String> nodes) {
        return "nodes have rows in the local table of this name, which no query of the Citus table sees: "
                + String.join(", ", nodes);
    }

    public static String remedy(TableId table) {
        return "if the table was filled before it was distributed: SELECT"
                + " truncate_local_data_after_distributing_table('%s'); if a subscription writes there, drop it"
                        .formatted(table.toSql());
    }
}
