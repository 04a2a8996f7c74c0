/** The end: what a migration made is removed, on both sides and in Kafka. */
package org.pg2citus.runner.cleanup;
