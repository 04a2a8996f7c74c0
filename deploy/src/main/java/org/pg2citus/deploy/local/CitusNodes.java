package org.pg2citus.deploy.local;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The servers of a Citus cluster and the databases on them; a Citus database is one database on every server. */
public final class CitusNodes {

    private final CitusNode coordinator;
    private final Address coordinatorInside;
    private final List<CitusNode> workers;

    /** @param coordinatorInside where the cluster's servers reach the coordinator, which may differ from where we do */
    CitusNodes(CitusNode coordinator, Address coordinatorInside, List<CitusNode> workers) {
        this.coordinator = coordinator;
        this.coordinatorInside = coordinatorInside;
        this.workers = List.copyOf(workers);
    }

    record Address(String host, int port) {}

    /**
     * The running cluster that the environment variable {@code PG2CITUS_CITUS_URL} names by its coordinator, such as
     * {@code postgresql://user:password@host:5432/database}; empty when it is not set.
     *
     * @throws IllegalArgumentException when it is no such URL
     * @throws IllegalStateException when the cluster does not answer
     */
    public static Optional<CitusNodes> fromEnvironment() {
        return CitusUrl.fromEnvironment().map(CitusUrl::nodes);
    }

    /** Reads the servers from a coordinator's database that is part of a cluster already, or is alone. */
    static CitusNodes of(CitusNode coordinator, String database) throws SQLException {
        Address inside = null;
        List<CitusNode> workers = new ArrayList<>();
        try (Connection connection = coordinator.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        """
                        SELECT groupid, nodename, nodeport FROM pg_dist_node WHERE noderole = 'primary'
                        UNION ALL
                        SELECT -1, 'localhost', inet_server_port()
                        ORDER BY 1 DESC""")) {
            while (rows.next()) {
                Address address = new Address(rows.getString(2), rows.getInt(3));
                if (rows.getInt(1) > 0) {
                    workers.add(coordinator.at(address.host(), address.port()));
                } else if (inside == null) {
                    // The coordinator's own entry; the last row stands in for it where the database is alone.
                    inside = address;
                }
            }
        }
        return new CitusNodes(coordinator, inside, workers);
    }

    /** Makes a database with the extension on every server and joins them. */
    public CitusDatabase createDatabase(String name) throws SQLException {
        for (CitusNode node : all()) {
            node.execute(
                    CitusNode.MAINTENANCE_DATABASE,
                    "SET citus.enable_create_database_propagation TO off",
                    "CREATE DATABASE " + quote(name));
            node.execute(name, "CREATE EXTENSION citus");
        }
        List<String> joins = new ArrayList<>();
        joins.add("SELECT citus_set_coordinator_host(%s, %d)"
                .formatted(literal(coordinatorInside.host()), coordinatorInside.port()));
        for (CitusNode worker : workers) {
            joins.add("SELECT citus_add_node(%s, %d)".formatted(literal(worker.host()), worker.port()));
        }
        if (workers.isEmpty()) {
            // A cluster of one server keeps the shards on the coordinator.
            joins.add("SELECT citus_set_node_property(%s, %d, 'shouldhaveshards', true)"
                    .formatted(literal(coordinatorInside.host()), coordinatorInside.port()));
        }
        coordinator.execute(name, joins.toArray(String[]::new));
        return new CitusDatabase(this, name, coordinator);
    }

    void dropDatabase(String name) throws SQLException {
        for (CitusNode node : all()) {
            node.execute(
                    CitusNode.MAINTENANCE_DATABASE, "DROP DATABASE IF EXISTS %s WITH (FORCE)".formatted(quote(name)));
        }
    }

    private List<CitusNode> all() {
        List<CitusNode> all = new ArrayList<>(List.of(coordinator));
        all.addAll(workers);
        return all;
    }

    private static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
