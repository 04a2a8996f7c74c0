/** What the sink tells over JMX. */
package org.pg2citus.sink.metrics;
