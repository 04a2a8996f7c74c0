package org.pg2citus.runner.demo;

/**
 * What looks at single companies' books in the target saw while changes streamed in.
 *
 * @param looks all of them
 * @param unbalanced those that saw part of a transaction
 */
public record LookCounts(long looks, long unbalanced) {}
