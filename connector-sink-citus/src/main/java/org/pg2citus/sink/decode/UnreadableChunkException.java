package org.pg2citus.sink.decode;

/** A compact record cannot be read; says why, without any value. */
final class UnreadableChunkException extends RuntimeException {
    UnreadableChunkException(String message) {
        super(message);
    }
}
