package org.pg2citus.sink.apply;

/** What to do when an update or delete of the source finds no row in the target. */
public enum DivergencePolicy {
    /** Stop: the target differs from the source, and every further change may make it worse. */
    HALT,
    /** Leave the change out, count it and warn; the rest of the transaction is applied. */
    COUNT
}
