/**
 * The Citus sink, in the order in which data flows through it:
 *
 * <ol>
 *   <li>{@code change}: the values that travel: LSN, table, row, change, transaction
 *   <li>{@code decode}: a topic record becomes a change or a transaction boundary
 *   <li>{@code transaction}: changes become whole source transactions
 *   <li>{@code batch}: transactions are joined and reduced to the net change per key
 *   <li>{@code catalog}: what the target looks like: columns, keys, distribution column, shards
 *   <li>{@code apply}: the net change becomes a few set-based statements
 *   <li>{@code progress}: the position, written in the same target transaction
 *   <li>{@code failure}: an error is retried or halts, decided from its SQLSTATE
 *   <li>{@code metrics}: what all of that tells over JMX
 * </ol>
 */
package org.pg2citus.sink;
