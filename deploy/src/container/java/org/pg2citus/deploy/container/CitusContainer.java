package org.pg2citus.deploy.container;

import java.util.Optional;
import org.pg2citus.deploy.local.CitusProvider;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** The official image of Citus: one server that is coordinator and worker. Testcontainers removes it after this process. */
public final class CitusContainer implements CitusProvider {

    private static final DockerImageName IMAGE = DockerImageName.parse("citusdata/citus:13.2");
    private static final int PORT = 5432;

    @Override
    public String place() {
        return "Docker (" + IMAGE + ")";
    }

    @Override
    public Optional<String> start() {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return Optional.empty();
        }
        GenericContainer<?> container = new GenericContainer<>(IMAGE)
                .withEnv("POSTGRES_HOST_AUTH_METHOD", "trust")
                .withCommand("postgres", "-c", "max_connections=300", "-c", "max_worker_processes=64")
                .withExposedPorts(PORT)
                // The image starts a server to initialise itself, ends it, and starts the one that stays.
                .waitingFor(Wait.forLogMessage(".*database system is ready to accept connections.*", 2));
        container.start();
        return Optional.of("postgresql://postgres@%s:%d/postgres"
                .formatted(container.getHost(), container.getMappedPort(PORT)));
    }
}
