package org.pg2citus.runner.watch;

import java.time.Duration;
import java.util.Optional;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.sink.change.Lsn;

/** How long nothing was applied although there was something to apply. */
public final class StallMeter {

    private Optional<AppliedProgress> before = Optional.empty();
    private long sinceMillis;

    /** Begins anew with the next measurement. */
    public void restart() {
        before = Optional.empty();
    }

    /**
     * Takes one measurement.
     *
     * @param nowMillis a clock that never goes back
     * @param sourceLsn where the source writes
     * @return zero while it goes on
     */
    public Duration measure(long nowMillis, Lsn sourceLsn, AppliedProgress applied) {
        boolean goesOn = before.isEmpty()
                || !before.get().equals(applied)
                || applied.lsn().compareTo(sourceLsn) >= 0;
        before = Optional.of(applied);
        if (goesOn) {
            sinceMillis = nowMillis;
        }
        return Duration.ofMillis(nowMillis - sinceMillis);
    }
}
