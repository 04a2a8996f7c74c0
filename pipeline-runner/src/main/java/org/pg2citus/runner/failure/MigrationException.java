package org.pg2citus.runner.failure;

import static java.util.Objects.requireNonNull;

/**
 * The command cannot go on. Carries what a person needs: a stable code, what is wrong and where, and what to do.
 *
 * <p>Codes: {@code CF} configuration, {@code ST} state, {@code PF} checks before the start, {@code DS} source,
 * {@code DT} target, {@code SL} slot, {@code CP} copy, {@code KC} Kafka and Connect, {@code SC} schema change,
 * {@code SM} schema.
 */
public final class MigrationException extends RuntimeException {

    private final ExitCode exitCode;
    private final String code;
    private final String remedy;

    public MigrationException(ExitCode exitCode, String code, String message, String remedy) {
        this(exitCode, code, message, remedy, null);
    }

    /** @param cause the failure behind it, or {@code null} */
    public MigrationException(ExitCode exitCode, String code, String message, String remedy, Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
        this.exitCode = requireNonNull(exitCode, "exitCode is null");
        this.code = requireNonNull(code, "code is null");
        this.remedy = requireNonNull(remedy, "remedy is null");
    }

    public ExitCode exitCode() {
        return exitCode;
    }

    /** For example {@code DS002}. */
    public String code() {
        return code;
    }

    public String remedy() {
        return remedy;
    }
}
