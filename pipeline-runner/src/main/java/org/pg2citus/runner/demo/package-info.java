/**
 * The command {@code demo}: its own source and target, a live write load, a whole migration between them, and a proof
 * that both sides are equal.
 */
package org.pg2citus.runner.demo;
