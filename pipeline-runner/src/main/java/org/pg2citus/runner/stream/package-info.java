/** Kafka and Connect, inside this process or elsewhere, and the two connectors that run there. */
package org.pg2citus.runner.stream;
