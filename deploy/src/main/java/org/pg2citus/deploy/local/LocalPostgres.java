package org.pg2citus.deploy.local;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Starts servers from the bundled PostgreSQL: no installation is needed. */
public final class LocalPostgres {

    private LocalPostgres() {}

    /**
     * Starts a server that trusts every connection from this machine.
     *
     * @param directory empty or absent; removed when the server is closed
     * @param settings as in {@code postgresql.conf}, for example {@code wal_level} to {@code logical}; port and
     *     addresses are chosen here
     * @throws IllegalStateException when it does not start, with the end of its log
     */
    public static PostgresServer start(Path directory, Map<String, String> settings) {
        return ServerStart.start(BundledPostgres.programs(), directory, settings, Optional.empty());
    }

    /** The same in a temporary directory. */
    public static PostgresServer start(Map<String, String> settings) {
        PostgresPrograms programs = BundledPostgres.programs();
        return ServerStart.start(programs, TemporaryDirectory.create("server"), settings, Optional.empty());
    }

    /**
     * A server of another major version than the bundled one, in a temporary directory.
     *
     * @throws IllegalStateException when {@link #has} says that it is not there, or it does not start
     */
    public static PostgresServer start(int majorVersion, Map<String, String> settings) {
        PostgresPrograms programs = BundledPostgres.programs(majorVersion);
        return ServerStart.start(programs, TemporaryDirectory.create("server"), settings, Optional.empty());
    }

    /**
     * Whether the class path has that major version's programs for this machine, beside the bundled ones: some modules'
     * tests bring them.
     */
    public static boolean has(int majorVersion) {
        return BundledPostgres.has(majorVersion);
    }

    /** A server in a temporary directory whose superuser has to give a password (SCRAM-SHA-256). */
    public static PostgresServer startWithPassword(String password, Map<String, String> settings) {
        return ServerStart.start(
                BundledPostgres.programs(), TemporaryDirectory.create("server"), settings, Optional.of(password));
    }

    /**
     * Removes the unpacked programs now and not with this process; a later start unpacks them again. No server may be
     * running from them.
     */
    public static void discardPrograms() {
        BundledPostgres.discard();
    }
}
