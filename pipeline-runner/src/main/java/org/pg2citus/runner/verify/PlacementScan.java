package org.pg2citus.runner.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pg2citus.runner.catalog.CitusTables;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.check.Finding.Severity;
import org.pg2citus.runner.check.HiddenRows;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.sink.change.TableId;

/**
 * Looks for rows of Citus tables in places where queries do not look for them: in a shard that is not theirs by the hash
 * of their distribution value, and in the local table that stands for the distributed one on each node.
 */
final class PlacementScan {

    // Positional, because run_command_on_shards puts the shard's name in by format(). The range of a shard is looked up
    // on the node that has it.
    private static final String MISROUTED =
            """
            SELECT shardid, success, result FROM run_command_on_shards(?::regclass,
              'SELECT count(*) FROM %%1$s t, pg_dist_shard s WHERE s.shardid = substring(%%1$L from ''_([0-9]+)"?$'')::bigint'
              ' AND worker_hash(t.%s) NOT BETWEEN s.shardminvalue::int AND s.shardmaxvalue::int')""";

    private PlacementScan() {}

    static List<Finding> run(Connection target, List<TableId> tables) throws SQLException {
        CitusTables citus = CitusTables.read(target);
        List<Finding> findings = new ArrayList<>();
        if (!citus.isCitus()) {
            return findings;
        }
        for (TableId table : tables) {
            String column = citus.distributionColumns().get(table);
            if (column != null) {
                misrouted(target, table, column, findings);
            }
        }
        HiddenRows.find(target, tables)
                .forEach((table, nodes) -> findings.add(new Finding(
                        HiddenRows.CODE,
                        Severity.WARNING,
                        "table " + table,
                        HiddenRows.message(nodes),
                        HiddenRows.remedy(table),
                        ExitCode.FINDINGS)));
        return findings;
    }

    private static void misrouted(Connection target, TableId table, String column, List<Finding> findings)
            throws SQLException {
        String sql = MISROUTED.formatted(TableId.quote(column).replace("'", "''"));
        for (Map.Entry<String, String> shard : answers(target, sql, table).entrySet()) {
            if (!shard.getValue().equals("0")) {
                findings.add(error(
                        "VF010",
                        table,
                        "shard %s has rows that are not its own by the hash of %s (%s): queries by it do not find them"
                                .formatted(shard.getKey(), column, shard.getValue()),
                        "somebody wrote into the shard directly; move the rows: copy them out of the shard, delete them"
                                + " there, insert them into the table"));
            }
        }
    }

    /** Of each shard what it answers; of one that could not, its error. */
    private static Map<String, String> answers(Connection target, String sql, TableId table) throws SQLException {
        Map<String, String> answers = new TreeMap<>();
        try (PreparedStatement query = target.prepareStatement(sql)) {
            query.setString(1, table.toSql());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    answers.put(
                            row.getString(1),
                            row.getBoolean(2) ? row.getString(3) : "cannot be read: " + row.getString(3));
                }
            }
        }
        return answers;
    }

    private static Finding error(String code, TableId table, String message, String remedy) {
        return new Finding(code, Severity.ERROR, "table " + table, message, remedy, ExitCode.FINDINGS);
    }
}
