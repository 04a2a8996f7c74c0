package org.pg2citus.sink.catalog;

/** How the target stores a table. */
public enum TableKind {
    /** A table that Citus does not know, or any table of a PostgreSQL server without Citus. */
    PLAIN,
    /** On the coordinator only, but known to Citus, so that its writes take part in two-phase commits. */
    CITUS_LOCAL,
    /** A copy on every node. */
    REFERENCE,
    /** Sharded by the hash of its distribution column. */
    DISTRIBUTED,
    /** Whole on one node: distributed by a null distribution column, or a table of a distributed schema. */
    SINGLE_SHARD;

    /** True when the coordinator plans its statements with Citus' planner, which refuses some SQL. */
    public boolean isPlannedByCitus() {
        return this != PLAIN;
    }
}
