package org.pg2citus.runner.state;

/** How far a migration is. */
public enum Phase {
    /** Publication and slot are being made; found at a start, they are removed and made again. */
    PREPARING,
    /** Changes are captured, tables are being copied. */
    COPYING,
    /** Every table is copied; changes are applied. */
    STREAMING
}
