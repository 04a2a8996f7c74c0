/** The change of databases: fence writes on the source, drain, verify, set sequences; and back, while that is possible. */
package org.pg2citus.runner.cutover;
