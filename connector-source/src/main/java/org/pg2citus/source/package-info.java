/** The source connector: WAL, replication slot, Debezium, one ordered topic. */
package org.pg2citus.source;
