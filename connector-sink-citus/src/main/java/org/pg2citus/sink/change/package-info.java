/** What travels through the sink: positions, tables, rows and changes. Values only, no I/O. */
package org.pg2citus.sink.change;
