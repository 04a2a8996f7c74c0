package org.pg2citus.deploy.local;

import java.sql.Connection;
import java.sql.SQLException;

/** One database of a Citus cluster, with the extension and all workers; closing drops it on every server. */
public final class CitusDatabase implements AutoCloseable {

    private final CitusNodes nodes;
    private final String name;
    private final CitusNode coordinator;

    CitusDatabase(CitusNodes nodes, String name, CitusNode coordinator) {
        this.nodes = nodes;
        this.name = name;
        this.coordinator = coordinator;
    }

    public String name() {
        return name;
    }

    /** A complete URL, user and password included, of the database on the coordinator. */
    public String jdbcUrl() {
        return coordinator.jdbcUrl(name);
    }

    /** The same as libpq writes it: {@code postgresql://host:port/database?user=...}. */
    public String uri() {
        return coordinator.uri(name);
    }

    /** Connects to the coordinator as the superuser. */
    public Connection connect() throws SQLException {
        return coordinator.connect(name);
    }

    @Override
    public void close() throws SQLException {
        nodes.dropDatabase(name);
    }
}
