/**
 * SQL as text: tokens, statements and a cursor over them, for what has to know what a statement says without running it. No
 * parser: what is not looked at is left as it is written.
 */
package org.pg2citus.runner.sql;
