package org.pg2citus.runner.demo;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.deploy.local.CitusCluster;
import org.pg2citus.deploy.local.CitusDatabase;
import org.pg2citus.deploy.local.CitusInstallation;
import org.pg2citus.deploy.local.CitusNodes;
import org.pg2citus.deploy.local.LocalPostgres;
import org.pg2citus.deploy.local.PostgresServer;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/** The database that the demo migrates to, and what is behind it; closing removes what the demo has made. */
final class DemoTarget implements AutoCloseable {

    private final String uri;
    private final boolean citus;
    private final Connector connector;
    private final Closer closer;

    private DemoTarget(String uri, boolean citus, Connector connector, Closer closer) {
        this.uri = uri;
        this.citus = citus;
        this.connector = connector;
        this.closer = closer;
    }

    @FunctionalInterface
    private interface Connector {
        Connection connect() throws SQLException;
    }

    @FunctionalInterface
    private interface Closer {
        void close() throws SQLException;
    }

    /**
     * Takes the cluster that the environment names, else starts one from an installation, else plain PostgreSQL.
     *
     * @throws MigrationException when Citus is wanted and there is none
     */
    static DemoTarget start(TargetChoice wanted, String database) throws SQLException {
        if (wanted != TargetChoice.PLAIN) {
            Optional<CitusNodes> named = CitusNodes.fromEnvironment();
            if (named.isPresent()) {
                CitusDatabase made = named.get().createDatabase(database);
                return new DemoTarget(made.uri(), true, made::connect, made::close);
            }
            Optional<CitusInstallation> installation = CitusInstallation.find();
            if (installation.isPresent()) {
                CitusCluster cluster = CitusCluster.start(installation.get(), Map.of());
                CitusDatabase made = cluster.createDatabase(database);
                return new DemoTarget(made.uri(), true, made::connect, cluster::close);
            }
            if (wanted == TargetChoice.CITUS) {
                throw new MigrationException(
                        ExitCode.TARGET,
                        "DM001",
                        "no Citus found on this machine",
                        "install a PostgreSQL with Citus, name its programs in PG2CITUS_PG_BINDIR, or name a running"
                                + " cluster in PG2CITUS_CITUS_URL; --target plain does without");
            }
        }
        PostgresServer server = LocalPostgres.start(Map.of());
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        return new DemoTarget(server.uri(database), false, () -> server.connect(database), server::close);
    }

    /** As libpq writes it. */
    String uri() {
        return uri;
    }

    boolean citus() {
        return citus;
    }

    Connection connect() throws SQLException {
        return connector.connect();
    }

    /** For people: which software in which version, and how many servers. */
    String description() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            String postgres = "PostgreSQL " + text(statement, "SELECT split_part(version(), ' ', 2)");
            if (!citus) {
                return "plain " + postgres;
            }
            return "Citus %s (%s, coordinator and %s workers)"
                    .formatted(
                            text(statement, "SELECT split_part(citus_version(), ' ', 2)"),
                            postgres,
                            text(statement, "SELECT count(*) FROM pg_dist_node WHERE groupid <> 0 AND isactive"));
        }
    }

    @Override
    public void close() throws SQLException {
        closer.close();
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
