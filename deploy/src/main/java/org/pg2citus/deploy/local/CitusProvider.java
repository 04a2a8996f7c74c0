package org.pg2citus.deploy.local;

import java.util.Optional;

/**
 * One more place that tests take real Citus from, when neither the environment names a cluster nor an installation has
 * the extension. Found as a service, so that what it needs stays off the class path of everything but the tests.
 */
public interface CitusProvider {

    /** Where it looks, for the message of a skipped test. */
    String place();

    /**
     * Starts a cluster that ends with this process.
     *
     * @return its coordinator as {@code postgresql://user:password@host:port/database}; empty when the place has none
     */
    Optional<String> start();
}
