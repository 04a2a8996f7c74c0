package org.pg2citus.runner.demo;

/**
 * How much data and how much load.
 *
 * @param companies tenants
 * @param clicks rows of the largest table
 * @param writers sessions that write at the same time
 * @param transactionsPerSecond what all of them together aim at
 */
public record DemoScale(int companies, int clicks, int writers, int transactionsPerSecond) {

    /** A few hundred thousand rows, and as many transactions as two processor cores can well migrate beside everything. */
    public static final DemoScale STANDARD = new DemoScale(500, 200_000, 3, 150);

    public DemoScale {
        if (companies < 10 || clicks < 0 || writers < 1 || transactionsPerSecond < 1) {
            throw new IllegalArgumentException("too small: at least 10 companies, 1 writer and 1 transaction a second");
        }
    }
}
