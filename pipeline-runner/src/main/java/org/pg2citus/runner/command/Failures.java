package org.pg2citus.runner.command;

import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.slf4j.LoggerFactory;

/** Tells why a command ends, on standard error. */
final class Failures {

    private Failures() {}

    /** What is not known is an internal error. */
    static MigrationException known(RuntimeException e) {
        return e instanceof MigrationException known
                ? known
                : new MigrationException(
                        ExitCode.INTERNAL,
                        "IN001",
                        "unexpected error: " + e,
                        "run it again with --verbose and report it with the log; the data are not harmed: the same"
                                + " command continues",
                        e);
    }

    /** Prints the failure; the result is the exit code. */
    static int report(RuntimeException e, boolean json, boolean verbose) {
        MigrationException failure = known(e);
        if (failure.exitCode() != ExitCode.CONFIG) {
            // A wrong configuration names no folder for a log.
            LoggerFactory.getLogger(Failures.class).error("{}: {}", failure.code(), failure.getMessage(), e);
        }
        if (json) {
            System.out.println(JsonReport.error(failure));
        } else {
            System.out.flush();
            System.err.println();
            System.err.printf("ERROR %s: %s%n", failure.code(), failure.getMessage());
            System.err.println("  -> " + failure.remedy());
        }
        if (verbose && failure.exitCode() == ExitCode.INTERNAL) {
            e.printStackTrace();
        }
        return failure.exitCode().code();
    }
}
