/** What must be right before anything is created: one file for each concern, each finding with its remedy. */
package org.pg2citus.runner.check;
