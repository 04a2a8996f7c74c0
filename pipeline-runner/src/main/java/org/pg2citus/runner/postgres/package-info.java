/** Connections to the two servers, and what their errors mean. */
package org.pg2citus.runner.postgres;
