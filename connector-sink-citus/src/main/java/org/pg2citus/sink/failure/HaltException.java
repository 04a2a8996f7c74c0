package org.pg2citus.sink.failure;

import static java.util.Objects.requireNonNull;

/**
 * Something that no retry mends: the sink stops, rolls back, and a person has to act.
 *
 * <p>The message says what is wrong, where (table, transaction, LSN or topic offset; never the values of a row) and how
 * to mend it. The code is stable, for documents and alerts: {@code DE0xx} decoding, {@code TX0xx} transactions,
 * {@code AP0xx} applying, {@code CF0xx} configuration.
 */
public final class HaltException extends RuntimeException {

    private final String code;

    /** @param message what, where, remedy; the code is put before it */
    public HaltException(String code, String message) {
        this(code, message, null);
    }

    /**
     * @param message what, where, remedy; the code is put before it
     * @param cause the failure behind it, or {@code null}
     */
    public HaltException(String code, String message, Throwable cause) {
        super(requireNonNull(code, "code is null") + ": " + message, cause);
        this.code = code;
    }

    /** The stable code, for example {@code AP003}. */
    public String code() {
        return code;
    }
}
