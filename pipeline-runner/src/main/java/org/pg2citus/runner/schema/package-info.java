/**
 * The target's schema: proposes how tables are spread over Citus, writes that down as a plan to be edited, and makes
 * the source's schema on the target by it.
 */
package org.pg2citus.runner.schema;
