/** Publication, slot and exported snapshot on the source, and the parallel copy out of that snapshot. */
package org.pg2citus.runner.snapshot;
