package org.pg2citus.sink.decode;

/** A column's value cannot be carried exactly; the one who knows the table and the offset turns it into a halt. */
final class UnreadableColumnException extends RuntimeException {

    UnreadableColumnException(String column, String reason, Throwable cause) {
        super("column " + column + ": " + reason, cause);
    }
}
