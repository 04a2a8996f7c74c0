/** Row changes to records in Debezium's envelope, for one topic with one partition. */
package org.pg2citus.source.record;
