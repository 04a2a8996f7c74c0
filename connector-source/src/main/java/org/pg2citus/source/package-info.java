/**
 * The source connector: WAL, replication slot, Debezium, one ordered topic.
 *
 * <p>In the order of the flow: {@code slot} (which slot may be read, and from where), {@code pgoutput} (bytes to row
 * changes), {@code record} (row changes to Debezium's envelope), and here the connector and its task. {@code failure}
 * names what no retry mends.
 */
package org.pg2citus.source;
