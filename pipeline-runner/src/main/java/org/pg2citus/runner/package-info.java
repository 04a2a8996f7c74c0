/** The control plane: the command line tool {@code pg2citus}. */
package org.pg2citus.runner;
