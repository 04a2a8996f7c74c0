/** How far the target is: kept in the target, written in the transaction that applies. */
package org.pg2citus.sink.progress;
