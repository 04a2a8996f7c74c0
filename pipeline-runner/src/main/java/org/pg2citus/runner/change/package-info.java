/** Carries a change of the schema through to both sides while changes stream, from the same slot, without a new copy. */
package org.pg2citus.runner.change;
