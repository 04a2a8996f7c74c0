/**
 * PostgreSQL and Citus servers on this machine, for the demo and the tests: started from bundled or installed programs,
 * on 127.0.0.1 only, as root or not, gone with the process that started them.
 */
package org.pg2citus.deploy.local;
