package org.pg2citus.sink.decode.type;

/** A value cannot be carried exactly. Says why and what to do, without the value. */
public final class InexactValueException extends RuntimeException {

    public InexactValueException(String reason) {
        super(reason);
    }
}
