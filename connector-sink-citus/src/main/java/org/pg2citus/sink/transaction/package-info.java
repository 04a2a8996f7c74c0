/** Events of the topic become whole source transactions. No I/O. */
package org.pg2citus.sink.transaction;
