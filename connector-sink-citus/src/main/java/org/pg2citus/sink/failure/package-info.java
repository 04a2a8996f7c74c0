/** What to do about an error: retry or halt. */
package org.pg2citus.sink.failure;
