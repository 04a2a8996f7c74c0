package org.pg2citus.runner.cutover;

import java.time.Duration;

/**
 * How a cutover is done.
 *
 * @param verify compares every row while the source is fenced; without it, only a verification before gives certainty
 * @param drainTimeout how long the target may need to catch up; after it the source is opened again
 * @param sequenceMargin values that the target's sequences leave out
 * @param jobs tables compared at the same time
 */
public record CutoverOptions(boolean verify, Duration drainTimeout, long sequenceMargin, int jobs) {}
