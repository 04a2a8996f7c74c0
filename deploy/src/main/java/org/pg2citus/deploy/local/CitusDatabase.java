package org.pg2citus.deploy.local;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** One database of a Citus cluster, with the extension and all workers; closing drops it on every server. */
public final class CitusDatabase implements AutoCloseable {

    private final CitusNodes nodes;
    private final String name;
    private final String jdbcUrl;

    CitusDatabase(CitusNodes nodes, String name, String jdbcUrl) {
        this.nodes = nodes;
        this.name = name;
        this.jdbcUrl = jdbcUrl;
    }

    public String name() {
        return name;
    }

    /** A complete URL, user and password included, of the database on the coordinator. */
    public String jdbcUrl() {
        return jdbcUrl;
    }

    /** Connects to the coordinator as the superuser. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl);
    }

    @Override
    public void close() throws SQLException {
        nodes.dropDatabase(name);
    }
}
