/** How far the target is behind, and whether the connectors are well. */
package org.pg2citus.runner.watch;
