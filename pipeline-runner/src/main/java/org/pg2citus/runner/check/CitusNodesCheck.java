package org.pg2citus.runner.check;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.sink.change.TableId;

/** That every node of the cluster answers, has room, and lets the sink do what it needs. */
final class CitusNodesCheck implements Check {

    private static final String UNHEALTHY =
            """
            SELECT format('%s:%s cannot reach %s:%s', from_nodename, from_nodeport, to_nodename, to_nodeport)
            FROM citus_check_cluster_node_health() WHERE NOT coalesce(result, false) ORDER BY 1""";

    private static final String INACTIVE =
            """
            SELECT format('%s:%s', nodename, nodeport) FROM pg_dist_node
            WHERE NOT isactive AND noderole = 'primary' ORDER BY 1""";

    // Each transaction of the sink prepares one part on each node; those of a copy too.
    private static final String PREPARED_ROOM =
            "SELECT current_setting('max_prepared_transactions')::int - (SELECT count(*) FROM pg_prepared_xacts)";

    private static final String CONNECTION_ROOM =
            """
            SELECT current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity
                                                              WHERE backend_type = 'client backend')""";

    private static final String MAY_SET_ROLE =
            """
            SELECT CASE WHEN has_parameter_privilege('session_replication_role', 'SET') THEN 1 ELSE 0 END""";

    private static final String MAY_RECOVER =
            "SELECT has_function_privilege('pg_catalog.recover_prepared_transactions()', 'EXECUTE')";

    private record Answer(String node, boolean success, String result) {}

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        if (!inspection.citus().isCitus() || !inspection.citus().coordinator()) {
            return;
        }
        Connection target = inspection.target();
        String server = "target " + inspection.settings().target();
        List<String> ill = new ArrayList<>(Query.texts(target, INACTIVE).stream()
                .map(node -> node + " is not active")
                .toList());
        ill.addAll(Query.texts(target, UNHEALTHY));
        if (!ill.isEmpty()) {
            findings.accept(Finding.serverError(
                    ExitCode.TARGET,
                    "PF034",
                    server,
                    "the cluster is not healthy: " + String.join("; ", ill),
                    "start the nodes and mend the network between them; SELECT * FROM"
                            + " citus_check_cluster_node_health(); says how it is; for a node that is not active: SELECT"
                            + " citus_activate_node('<host>', <port>);"));
            return;
        }
        room(inspection, findings, PREPARED_ROOM, "PF036", "max_prepared_transactions");
        room(inspection, findings, CONNECTION_ROOM, "PF037", "max_connections");
        grants(inspection, server, findings);
    }

    private static void room(Inspection inspection, Consumer<Finding> findings, String sql, String code, String setting)
            throws SQLException {
        // One of each copying session, the sink's, and one to spare.
        int needed = inspection.settings().copy().jobs() + 2;
        for (Answer answer : onAllNodes(inspection.target(), sql)) {
            if (answer.success() && Long.parseLong(answer.result()) < needed) {
                findings.accept(Finding.serverError(
                        ExitCode.TARGET,
                        code,
                        "node " + answer.node(),
                        "%s leaves room for %s more; %d are needed".formatted(setting, answer.result(), needed),
                        "on this node: ALTER SYSTEM SET %s = ...; then restart it; or lower copy.jobs"
                                .formatted(setting)));
            }
        }
    }

    private static void grants(Inspection inspection, String server, Consumer<Finding> findings) throws SQLException {
        Connection target = inspection.target();
        String user = TableId.quote(inspection.settings().target().user());
        if (!Query.isTrue(target, MAY_RECOVER)) {
            findings.accept(Finding.warning(
                    "PF062",
                    server,
                    "role %s may not finish prepared transactions: after the loss of a node the sink waits for Citus to do"
                                    .formatted(user)
                            + " it, up to a minute (citus.recover_2pc_interval)",
                    "on every node: GRANT EXECUTE ON FUNCTION pg_catalog.recover_prepared_transactions() TO %s;"
                            .formatted(user)));
        }
        // PostgreSQL 14 knows no grants on parameters: there it is a matter of superusers.
        if (Query.number(target, "SELECT current_setting('server_version_num')") < 150_000
                || !ReplicaRole.isPermitted(target)) {
            return;
        }
        for (Answer answer : onAllNodes(target, MAY_SET_ROLE)) {
            if (answer.success() && answer.result().equals("0")) {
                findings.accept(Finding.error(
                        "PF063",
                        "node " + answer.node(),
                        "role %s may set session_replication_role on the coordinator but not on this node"
                                .formatted(user),
                        "on this node: GRANT SET ON PARAMETER session_replication_role TO %s;".formatted(user)));
            }
        }
    }

    private static List<Answer> onAllNodes(Connection target, String sql) throws SQLException {
        try (PreparedStatement query = target.prepareStatement(
                """
                SELECT coalesce(n.nodename || ':' || n.nodeport, 'coordinator'), r.success, r.result
                FROM run_command_on_all_nodes(?) r LEFT JOIN pg_dist_node n ON n.nodeid = r.nodeid""")) {
            query.setString(1, sql);
            List<Answer> answers = new ArrayList<>();
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    answers.add(new Answer(row.getString(1), row.getBoolean(2), row.getString(3)));
                }
            }
            return answers;
        }
    }
}
