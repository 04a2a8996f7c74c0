/** A topic record, as Debezium and Connect's converters shape it, becomes a change or a transaction boundary. No I/O. */
package org.pg2citus.sink.decode;
