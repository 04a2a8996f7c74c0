package org.pg2citus.runner.demo;

/** Which kind of target the demo shall have. */
public enum TargetChoice {
    /** Citus when one is at hand, else plain PostgreSQL. */
    AUTO,
    CITUS,
    PLAIN
}
