/** The replication slot: whether it is still the one that was read, reading from it, and confirming to it. */
package org.pg2citus.source.slot;
