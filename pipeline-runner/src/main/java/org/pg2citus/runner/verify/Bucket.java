package org.pg2citus.runner.verify;

import java.math.BigInteger;

/**
 * Some rows of a table, summed up.
 *
 * @param rows how many
 * @param high the sum of the upper halves of their hashes
 * @param low the sum of the lower halves
 */
record Bucket(long rows, BigInteger high, BigInteger low) {

    static final Bucket EMPTY = new Bucket(0, BigInteger.ZERO, BigInteger.ZERO);
}
