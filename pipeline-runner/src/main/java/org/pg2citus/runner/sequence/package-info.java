/** Sequences: the stream does not carry them, so they are read on the source and set on the coordinator. */
package org.pg2citus.runner.sequence;
