package org.pg2citus.sink.decode;

/** A row cannot be carried exactly; the one who knows the table and the offset turns it into a halt. */
final class UnreadableRowException extends RuntimeException {

    UnreadableRowException(String reason) {
        super(reason);
    }

    static UnreadableRowException column(String column, String reason) {
        return new UnreadableRowException("column " + column + ": " + reason);
    }
}
