/** The net change of a batch becomes a few set-based statements in one target transaction. */
package org.pg2citus.sink.apply;
