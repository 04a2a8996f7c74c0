/** Consecutive source transactions are joined and reduced to the net change per key. No I/O. */
package org.pg2citus.sink.batch;
