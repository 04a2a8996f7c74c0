/** Whether source and target hold the same rows: counts and hashes, then the rows that differ. */
package org.pg2citus.runner.verify;
