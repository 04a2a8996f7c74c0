package org.pg2citus.sink.failure;

/** What to do about a failed statement. */
public enum Failure {
    /** It may pass when done again in a new session: connection lost, deadlock, timeout. */
    RETRY,
    /** It fails again however often it is done: a person has to act. */
    HALT
}
