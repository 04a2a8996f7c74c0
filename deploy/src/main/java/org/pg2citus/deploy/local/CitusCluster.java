package org.pg2citus.deploy.local;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A coordinator and two workers on this machine, from a PostgreSQL installation that has Citus. */
public final class CitusCluster implements AutoCloseable {

    private static final int WORKERS = 2;

    private static final Map<String, String> SETTINGS = Map.of(
            "shared_preload_libraries", "citus",
            // The servers have no certificates; Citus would ask for TLS.
            "citus.node_conninfo", "sslmode=disable",
            "wal_level", "logical",
            "max_prepared_transactions", "200",
            "max_connections", "300",
            // One maintenance daemon per database.
            "max_worker_processes", "64");

    private final List<PostgresServer> servers;
    private final CitusNodes nodes;
    private final DeathWatch watch;

    private CitusCluster(List<PostgresServer> servers, DeathWatch watch) {
        this.servers = List.copyOf(servers);
        this.watch = watch;
        List<CitusNode> all = servers.stream()
                .map(server -> new CitusNode(server.host(), server.port(), "user=" + server.user()))
                .toList();
        this.nodes = new CitusNodes(
                all.get(0), new CitusNodes.Address(all.get(0).host(), all.get(0).port()), all.subList(1, all.size()));
    }

    /**
     * Starts the servers; no database has the extension yet, {@link #createDatabase} makes them.
     *
     * @param directory empty or absent; removed when the cluster is closed
     * @param settings as in {@code postgresql.conf}, of every server, for example {@code citus.recover_2pc_interval}
     * @throws IllegalStateException when a server does not start, with the end of its log
     */
    public static CitusCluster start(CitusInstallation installation, Path directory, Map<String, String> settings) {
        Map<String, String> all = new LinkedHashMap<>(SETTINGS);
        all.putAll(settings);
        PostgresPrograms programs = new PostgresPrograms(installation.programs());
        List<PostgresServer> started = new ArrayList<>();
        ServerStart.requireEmpty(directory);
        DeathWatch watch = DeathWatch.over(directory);
        try {
            Unprivileged.here().admit(directory);
            for (int number = 0; number <= WORKERS; number++) {
                String name = number == 0 ? "coordinator" : "worker" + number;
                started.add(ServerStart.start(programs, directory.resolve(name), all, Optional.empty()));
            }
            return new CitusCluster(started, watch);
        } catch (RuntimeException e) {
            started.forEach(PostgresServer::close);
            watch.close();
            throw e;
        }
    }

    /** The same in a temporary directory. */
    public static CitusCluster start(CitusInstallation installation, Map<String, String> settings) {
        return start(installation, TemporaryDirectory.create("citus"), settings);
    }

    public PostgresServer coordinator() {
        return servers.get(0);
    }

    public List<PostgresServer> workers() {
        return servers.subList(1, servers.size());
    }

    /** Makes a database with the extension on every server and adds the workers to it. */
    public CitusDatabase createDatabase(String name) throws SQLException {
        return nodes.createDatabase(name);
    }

    CitusNodes nodes() {
        return nodes;
    }

    @Override
    public void close() {
        servers.forEach(PostgresServer::close);
        watch.close();
    }
}
