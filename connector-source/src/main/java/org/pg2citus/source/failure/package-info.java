/** What stops the source for good, with a code, a place and a remedy. */
package org.pg2citus.source.failure;
