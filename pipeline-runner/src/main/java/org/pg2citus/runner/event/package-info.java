/** What a running migration tells, to a terminal, a log or a program, and how it is asked to stop. */
package org.pg2citus.runner.event;
