/**
 * The settings of a migration: from flags, environment and file, in that order of precedence, checked as a whole and
 * reported as a whole.
 */
package org.pg2citus.runner.config;
