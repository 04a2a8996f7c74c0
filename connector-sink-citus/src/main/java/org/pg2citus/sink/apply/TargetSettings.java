package org.pg2citus.sink.apply;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How the sink uses the target.
 *
 * @param url JDBC URL of the Citus coordinator, or of a PostgreSQL server without Citus
 * @param user the role that applies
 * @param password its password; empty when the server asks for none
 * @param synchronousCommit synchronous_commit of the session
 * @param lockTimeout limit of one wait for a lock, on the coordinator and on the Citus workers
 * @param statementTimeout limit of one statement
 * @param maxAttempts attempts of one target transaction inside one call
 * @param firstBackoff pause before the second attempt; it doubles each time
 * @param maxBackoff longest pause between two attempts
 * @param inDoubtTimeout how long to wait until Citus has finished two-phase transactions that were in doubt; its own
 *     recovery runs every citus.recover_2pc_interval (60 s)
 * @param replicaRole apply with session_replication_role = replica when the role may set it on all nodes: neither
 *     foreign keys nor triggers of the target then run, they ran on the source
 * @param divergencePolicy what to do when an update or delete finds no row
 * @param showKeys name the values of keys in messages
 * @param connector name of the connector that applies; another one is refused while this one's session lives
 */
public record TargetSettings(
        String url,
        String user,
        String password,
        String synchronousCommit,
        Duration lockTimeout,
        Duration statementTimeout,
        int maxAttempts,
        Duration firstBackoff,
        Duration maxBackoff,
        Duration inDoubtTimeout,
        boolean replicaRole,
        DivergencePolicy divergencePolicy,
        boolean showKeys,
        String connector) {

    public TargetSettings {
        requireNonNull(url, "url is null");
        requireNonNull(user, "user is null");
        requireNonNull(password, "password is null");
        requireNonNull(synchronousCommit, "synchronousCommit is null");
        requireNonNull(divergencePolicy, "divergencePolicy is null");
        requireNonNull(connector, "connector is null");
        if (maxAttempts < 1) {
            throw new IllegalArgumentException("maxAttempts is " + maxAttempts + ", it must be at least 1");
        }
        requirePositive("lockTimeout", lockTimeout);
        requirePositive("statementTimeout", statementTimeout);
        requirePositive("firstBackoff", firstBackoff);
        requirePositive("maxBackoff", maxBackoff);
        requirePositive("inDoubtTimeout", inDoubtTimeout);
    }

    /** The settings that tell about the target: halts at differences, shows no keys, has no connector's name. */
    public TargetSettings(
            String url,
            String user,
            String password,
            String synchronousCommit,
            Duration lockTimeout,
            Duration statementTimeout,
            int maxAttempts,
            Duration firstBackoff,
            Duration maxBackoff,
            Duration inDoubtTimeout,
            boolean replicaRole) {
        this(
                url,
                user,
                password,
                synchronousCommit,
                lockTimeout,
                statementTimeout,
                maxAttempts,
                firstBackoff,
                maxBackoff,
                inDoubtTimeout,
                replicaRole,
                DivergencePolicy.HALT,
                false,
                "");
    }

    /** The same target, with these answers to differences. */
    public TargetSettings onDivergence(DivergencePolicy policy, boolean keysShown) {
        return new TargetSettings(
                url,
                user,
                password,
                synchronousCommit,
                lockTimeout,
                statementTimeout,
                maxAttempts,
                firstBackoff,
                maxBackoff,
                inDoubtTimeout,
                replicaRole,
                policy,
                keysShown,
                connector);
    }

    /** The settings with their defaults. */
    public static TargetSettings of(String url, String user, String password) {
        return new TargetSettings(
                url,
                user,
                password,
                "on",
                Duration.ofSeconds(30),
                Duration.ofMinutes(2),
                5,
                Duration.ofMillis(200),
                Duration.ofSeconds(10),
                Duration.ofMinutes(2),
                true);
    }

    /** Not the password. */
    @Override
    public String toString() {
        return "TargetSettings[url=%s, user=%s]".formatted(url, user);
    }

    private static void requirePositive(String name, Duration duration) {
        requireNonNull(duration, name);
        if (duration.toMillis() < 1) {
            throw new IllegalArgumentException(name + " is " + duration + ", it must be at least 1 ms");
        }
    }
}
