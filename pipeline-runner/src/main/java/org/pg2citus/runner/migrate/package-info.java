/** The migration from its first check to the running stream; begun again, it goes on where it was. */
package org.pg2citus.runner.migrate;
