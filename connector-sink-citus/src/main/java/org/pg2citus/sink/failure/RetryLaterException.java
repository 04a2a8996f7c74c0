package org.pg2citus.sink.failure;

/**
 * The target could not be used for now, and the attempts allowed for one call are spent. Nothing of the call is applied,
 * unless a later look at the progress says otherwise. The caller may call again, as long as it likes to wait.
 */
public final class RetryLaterException extends RuntimeException {

    public RetryLaterException(String message, Throwable cause) {
        super(message, cause);
    }
}
