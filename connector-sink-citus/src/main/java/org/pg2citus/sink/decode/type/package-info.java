/** Column values become PostgreSQL's own text form, or are refused. */
package org.pg2citus.sink.decode.type;
