package org.pg2citus.source.failure;

import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * Something that no retry mends: the task fails, and a person has to act.
 *
 * <p>The message begins with the stable code. {@code SR001} is configuration; {@code SR010} to {@code SR019} are the
 * slot, and mean that changes may be missing; {@code SR02x} is a stream that cannot be read, {@code SR03x} a record that
 * Kafka did not take.
 *
 * <p>It has no cause on purpose: Debezium retries for ever whatever has an {@code SQLException} in its chain of causes.
 * The failure behind it is among {@link #getSuppressed()}.
 */
public final class SourceFault extends ConnectException {

    private final String code;

    /** @param message what, where, remedy; the code is put before it */
    public SourceFault(String code, String message) {
        super(requireNonNull(code, "code is null") + ": " + message);
        this.code = code;
    }

    /** A fault that the server reported: its SQLSTATE is put at the end of the message. */
    public static SourceFault of(String code, String message, SQLException cause) {
        var fault = new SourceFault(
                code, "%s (SQLSTATE %s: %s)".formatted(message, cause.getSQLState(), cause.getMessage()));
        fault.addSuppressed(cause);
        return fault;
    }

    /** The stable code, for example {@code SR011}. */
    public String code() {
        return code;
    }
}
