/** What is known of a migration between two runs: its row in the target, its ledger, and the lock of its folder. */
package org.pg2citus.runner.state;
