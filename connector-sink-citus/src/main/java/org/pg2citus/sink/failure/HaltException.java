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
    private final boolean ofTheData;

    /** @param message what, where, remedy; the code is put before it */
    public HaltException(String code, String message) {
        this(code, message, null);
    }

    /**
     * @param message what, where, remedy; the code is put before it
     * @param cause the failure behind it, or {@code null}
     */
    public HaltException(String code, String message, Throwable cause) {
        this(code, requireNonNull(code, "code is null") + ": " + message, cause, false);
    }

    private HaltException(String code, String message, Throwable cause, boolean ofTheData) {
        super(message, cause);
        this.code = code;
        this.ofTheData = ofTheData;
    }

    /** The same failure, known to come from the changes that were applied: without them it would not have been. */
    public HaltException ofTheData() {
        return copy(getMessage(), true);
    }

    /** The same failure, with where it happened. */
    public HaltException at(String where) {
        return copy(getMessage() + " Where: " + where + ".", ofTheData);
    }

    /** True when some change that was to be applied is the cause, and not the target or the pipeline as a whole. */
    public boolean isOfTheData() {
        return ofTheData;
    }

    /** True when it was raised before the target came into play: by decoding, assembling or reducing. */
    public boolean isBeforeTheTarget() {
        return !code.startsWith("AP");
    }

    private HaltException copy(String message, boolean isOfTheData) {
        HaltException copy = new HaltException(code, message, getCause(), isOfTheData);
        copy.setStackTrace(getStackTrace());
        return copy;
    }

    /** The stable code, for example {@code AP003}. */
    public String code() {
        return code;
    }
}
