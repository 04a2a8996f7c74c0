/** How a command ends when it cannot go on: a stable code, what to do, and an exit code for scripts. */
package org.pg2citus.runner.failure;
