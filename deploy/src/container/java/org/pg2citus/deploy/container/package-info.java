/** Citus in a container, compiled into the tests of each module that needs Citus, and only there. */
package org.pg2citus.deploy.container;
