/** The commands: flags in, text or JSON out, an exit code for scripts. */
package org.pg2citus.runner.command;
