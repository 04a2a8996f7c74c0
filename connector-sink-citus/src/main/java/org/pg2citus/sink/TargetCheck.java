package org.pg2citus.sink;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.pg2citus.sink.apply.TargetSettings;
import org.pg2citus.sink.catalog.TargetCatalog;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.progress.PipelineUse;
import org.pg2citus.sink.progress.StateSchema;

/** Looks at the live target, changing nothing: is it one that the sink can apply to, as this role, for this pipeline? */
final class TargetCheck {

    private static final String TIMEOUT_SECONDS = "10";
    private static final int OLDEST_POSTGRES = 140_000;
    private static final int OLDEST_CITUS = 12;

    /** More would hide the others in Connect's answer. */
    private static final int MOST_TABLES = 20;

    private static final String WRITABLE =
            """
            SELECT string_agg(privilege, ', ') FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) privilege
            WHERE NOT has_table_privilege(to_regclass(?), privilege)""";

    private static final String COPIED_TABLES =
            """
            SELECT format('%I.%I', table_schema, table_name),
              (SELECT string_agg(privilege, ', ')
               FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) privilege
               WHERE NOT has_table_privilege(to_regclass(format('%I.%I', table_schema, table_name)), privilege)),
              to_regclass(format('%I.%I', table_schema, table_name)) IS NULL
            FROM pg2citus.copied_table WHERE pipeline = ? ORDER BY 1""";

    private final Connection connection;
    private final String pipeline;
    private final String connector;
    private final List<Problem> problems = new ArrayList<>();

    private TargetCheck(Connection connection, String pipeline, String connector) {
        this.connection = connection;
        this.pipeline = pipeline;
        this.connector = connector;
    }

    /** Every problem, not only the first. */
    static List<Problem> of(CitusSinkConfig config) {
        TargetSettings target = config.target();
        Properties login = new Properties();
        login.setProperty("user", target.user());
        if (!target.password().isEmpty()) {
            login.setProperty("password", target.password());
        }
        login.setProperty("ApplicationName", "pg2citus sink validation");
        login.setProperty("connectTimeout", TIMEOUT_SECONDS);
        login.setProperty("loginTimeout", TIMEOUT_SECONDS);
        login.setProperty("socketTimeout", TIMEOUT_SECONDS);
        try (Connection connection = DriverManager.getConnection(target.url(), login)) {
            TargetCheck check =
                    new TargetCheck(connection, config.getString(CitusSinkConfig.PIPELINE), target.connector());
            check.run();
            return List.copyOf(check.problems);
        } catch (SQLException e) {
            return List.of(new Problem(
                    CitusSinkConfig.CONNECTION_URL,
                    "cannot use the target: %s; check address, database, role and password"
                            .formatted(ErrorText.of(e))));
        }
    }

    private void run() throws SQLException {
        if (isTrue("SELECT pg_is_in_recovery()")) {
            report(
                    CitusSinkConfig.CONNECTION_URL,
                    "the target is a read-only standby; give the address of the primary coordinator");
            return;
        }
        if (Integer.parseInt(value("SHOW server_version_num")) < OLDEST_POSTGRES) {
            report(
                    CitusSinkConfig.CONNECTION_URL,
                    "the target is PostgreSQL %s; 14 or later is needed".formatted(value("SHOW server_version")));
        }
        if (TargetCatalog.hasCitus(connection)) {
            citus();
        }
        stateSchema();
        pipelineUse();
    }

    private void citus() throws SQLException {
        String version = value("SELECT extversion FROM pg_extension WHERE extname = 'citus'");
        if (Integer.parseInt(version.replaceFirst("\\D.*", "")) < OLDEST_CITUS) {
            report(
                    CitusSinkConfig.CONNECTION_URL,
                    "the target has Citus %s; 12 or later is needed: update the extension on all nodes"
                            .formatted(version));
            return;
        }
        if (!isTrue("SELECT citus_is_coordinator()")) {
            report(CitusSinkConfig.CONNECTION_URL, "the target is a Citus worker; give the address of the coordinator");
            return;
        }
        try (PreparedStatement query = connection.prepareStatement(
                        "SELECT nodename || ':' || nodeport, success, result FROM run_command_on_all_nodes('SHOW max_prepared_transactions') JOIN pg_dist_node USING (nodeid)");
                ResultSet node = query.executeQuery()) {
            while (node.next()) {
                if (!node.getBoolean(2)) {
                    report(
                            CitusSinkConfig.CONNECTION_URL,
                            "the coordinator cannot reach node %s: %s".formatted(node.getString(1), node.getString(3)));
                } else if (node.getString(3).equals("0")) {
                    report(
                            CitusSinkConfig.CONNECTION_URL,
                            "node %s has max_prepared_transactions = 0, so Citus cannot commit on all nodes or none; set it to at least max_connections and restart the node"
                                    .formatted(node.getString(1)));
                }
            }
        }
    }

    private void stateSchema() throws SQLException {
        if (!isTrue("SELECT to_regnamespace('%s') IS NOT NULL".formatted(StateSchema.NAME))) {
            if (!isTrue("SELECT has_database_privilege(current_database(), 'CREATE')")) {
                report(
                        CitusSinkConfig.CONNECTION_USER,
                        "the schema pg2citus, where progress is kept, is not there and the role may not make it: GRANT CREATE ON DATABASE to the role, or let 'pg2citus migrate' make it");
            }
            return;
        }
        if (!isTrue("SELECT has_schema_privilege('%s', 'USAGE')".formatted(StateSchema.NAME))) {
            report(
                    CitusSinkConfig.CONNECTION_USER,
                    "the role may not use the schema pg2citus: GRANT USAGE ON SCHEMA pg2citus to it");
            return;
        }
        boolean complete = true;
        for (String table : StateSchema.TABLES) {
            String name = StateSchema.NAME + "." + table;
            if (isTrue("SELECT to_regclass('%s') IS NULL".formatted(name))) {
                complete = false;
            } else {
                refusedPrivileges(name);
            }
        }
        if (!complete) {
            if (!isTrue("SELECT has_schema_privilege('%s', 'CREATE')".formatted(StateSchema.NAME))) {
                report(
                        CitusSinkConfig.CONNECTION_USER,
                        "tables of the schema pg2citus are missing and the role may not make them: GRANT CREATE ON SCHEMA pg2citus to it");
            }
            return;
        }
        if (problems.isEmpty()) {
            copiedTables();
        }
    }

    private void refusedPrivileges(String table) throws SQLException {
        String missing = value(WRITABLE, table);
        if (missing != null) {
            report(CitusSinkConfig.CONNECTION_USER, "the role needs %s on %s: GRANT it".formatted(missing, table));
        }
    }

    /** Tables that the pipeline is known to write. Others come only with their first change. */
    private void copiedTables() throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(COPIED_TABLES)) {
            query.setString(1, pipeline);
            try (ResultSet table = query.executeQuery()) {
                int found = 0;
                while (table.next() && found < MOST_TABLES) {
                    if (table.getBoolean(3)) {
                        found++;
                        report(
                                CitusSinkConfig.CONNECTION_URL,
                                "table %s was copied for this pipeline and is not there any more"
                                        .formatted(table.getString(1)));
                    } else if (table.getString(2) != null) {
                        found++;
                        report(
                                CitusSinkConfig.CONNECTION_USER,
                                "the role needs %s on %s: GRANT it".formatted(table.getString(2), table.getString(1)));
                    }
                }
            }
        }
    }

    private void pipelineUse() throws SQLException {
        if (PipelineUse.byOthers(connection, pipeline, connector)) {
            report(
                    CitusSinkConfig.PIPELINE,
                    "pipeline %s is being applied by another connector now; two would fence each other in turn. Delete that one first, or give this one a pipeline, slot and topic of its own"
                            .formatted(pipeline));
        }
    }

    private boolean isTrue(String sql) throws SQLException {
        return "t".equals(value(sql));
    }

    private String value(String sql, String... parameters) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                query.setString(i + 1, parameters[i]);
            }
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    private void report(String setting, String message) {
        problems.add(new Problem(setting, message));
    }
}
