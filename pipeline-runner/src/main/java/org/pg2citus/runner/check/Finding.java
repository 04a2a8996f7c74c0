package org.pg2citus.runner.check;

import static java.util.Objects.requireNonNull;

import org.pg2citus.runner.failure.ExitCode;

/**
 * One thing that a check found.
 *
 * @param code stable, for documents and scripts, for example {@code PF010}
 * @param object what it is about: a server, a setting, a table
 * @param message what is wrong
 * @param remedy what to do, with the exact SQL where there is one
 * @param exitCode how a command ends that stops for it
 */
public record Finding(String code, Severity severity, String object, String message, String remedy, ExitCode exitCode) {

    /** How much it matters. */
    public enum Severity {
        /** The migration cannot work, or would not be right. */
        ERROR,
        /** It works; better to know. */
        WARNING
    }

    public Finding {
        requireNonNull(code, "code is null");
        requireNonNull(severity, "severity is null");
        requireNonNull(object, "object is null");
        requireNonNull(message, "message is null");
        requireNonNull(remedy, "remedy is null");
        requireNonNull(exitCode, "exitCode is null");
    }

    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /** An error in tables, names or grants: exit code 4. */
    public static Finding error(String code, String object, String message, String remedy) {
        return new Finding(code, Severity.ERROR, object, message, remedy, ExitCode.FINDINGS);
    }

    /** An error in how a server is set up: exit code 6 or 7. */
    static Finding serverError(ExitCode exitCode, String code, String object, String message, String remedy) {
        return new Finding(code, Severity.ERROR, object, message, remedy, exitCode);
    }

    /** Something to know: exit code 4 where a command stops for it. */
    public static Finding warning(String code, String object, String message, String remedy) {
        return new Finding(code, Severity.WARNING, object, message, remedy, ExitCode.FINDINGS);
    }
}
