package org.pg2citus.runner.change;

/** What a statement of the file is for, by which it is decided where it runs. */
enum StatementKind {
    /** Begins or ends a transaction: allowed around the whole file, which is one transaction anyway. */
    TRANSACTION,
    /** Changes the definition of something: runs on both sides. */
    DEFINITION,
    /** Sets a parameter of the session: runs on both sides. */
    SETTING,
    /** Changes rows: runs on the source, from where the stream brings them. */
    DATA,
    /** Concerns the source alone, for example its publications. */
    SOURCE_ONLY,
    /** May do anything; what it means for the other side cannot be told. */
    OPAQUE
}
