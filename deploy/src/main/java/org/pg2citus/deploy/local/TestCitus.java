package org.pg2citus.deploy.local;

import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Real Citus for tests: one cluster per process, a fresh database per test. Takes the cluster that the environment
 * names, else starts one from an installation, else asks each {@link CitusProvider}.
 */
public final class TestCitus {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static Optional<CitusNodes> shared;

    private TestCitus() {}

    /**
     * A new database, to be closed by the test.
     *
     * @param skip aborts the test, for example JUnit's {@code Assumptions::abort}; called with the reason when there is
     *     no Citus, which is printed too, so that nobody takes the build for one that has tested it
     * @throws IllegalStateException when there is Citus and it does not work: that must not pass as a skipped test
     */
    public static CitusDatabase database(Function<String, CitusDatabase> skip) {
        Optional<CitusNodes> nodes = shared();
        if (nodes.isEmpty()) {
            String reason =
                    "no Citus found (looked at: %s, %s)".formatted(CitusUrl.VARIABLE, CitusInstallation.places());
            System.out.println("SKIPPED, " + reason);
            return skip.apply(reason);
        }
        try {
            return nodes.get()
                    .createDatabase("pg2citus_test_%d_%d"
                            .formatted(ProcessHandle.current().pid(), DATABASES.incrementAndGet()));
        } catch (SQLException e) {
            throw new IllegalStateException("cannot make a database in the Citus cluster: " + e.getMessage(), e);
        }
    }

    private static synchronized Optional<CitusNodes> shared() {
        if (shared == null) {
            shared = CitusUrl.fromEnvironment().map(CitusUrl::nodes).or(() -> CitusInstallation.find()
                    .map(TestCitus::start));
        }
        return shared;
    }

    /** Not closed: it serves every test of this process and ends with it. */
    private static CitusNodes start(CitusInstallation installation) {
        // Killed servers lose nothing without fsync, only crashed machines do.
        return CitusCluster.start(installation, Map.of("fsync", "off")).nodes();
    }
}
