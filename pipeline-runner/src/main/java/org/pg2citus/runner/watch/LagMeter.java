package org.pg2citus.runner.watch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.pg2citus.runner.event.Lag;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.sink.change.Lsn;

/**
 * Measures the lag in bytes, time and rates from what it is shown about once a second.
 *
 * <p>Time needs a memory: it is how long ago the source wrote what the target has applied last.
 */
public final class LagMeter {

    /** An hour at one a second; a longer lag is reported as the oldest that is remembered. */
    private static final int MEMORY = 3_600;

    private record Written(long millis, Lsn lsn) {}

    private final Deque<Written> written = new ArrayDeque<>();
    private Optional<AppliedProgress> before = Optional.empty();
    private long beforeMillis;

    /**
     * Takes one measurement.
     *
     * @param nowMillis a clock that never goes back
     * @param sourceLsn where the source writes
     * @param retainedWalBytes WAL that the source keeps for the slot
     */
    public Lag measure(long nowMillis, Lsn sourceLsn, AppliedProgress applied, long retainedWalBytes) {
        written.addLast(new Written(nowMillis, sourceLsn));
        if (written.size() > MEMORY) {
            written.removeFirst();
        }
        while (written.size() > 1 && isApplied(written.getFirst(), applied) && isApplied(second(), applied)) {
            written.removeFirst();
        }
        double seconds = (nowMillis - beforeMillis) / 1e3;
        boolean rated = before.isPresent() && seconds > 0;
        Lag lag = new Lag(
                sourceLsn,
                applied.lsn(),
                Math.max(0, sourceLsn.bytesSince(applied.lsn())),
                lagMs(nowMillis, applied),
                Math.max(0, retainedWalBytes),
                rated ? Math.max(0, applied.transactions() - before.get().transactions()) / seconds : 0,
                rated ? Math.max(0, applied.rows() - before.get().rows()) / seconds : 0);
        before = Optional.of(applied);
        beforeMillis = nowMillis;
        return lag;
    }

    /** Unknown until the target has applied something that was seen being written. */
    private Optional<Long> lagMs(long nowMillis, AppliedProgress applied) {
        if (isApplied(written.getLast(), applied)) {
            return Optional.of(0L);
        }
        Written first = written.getFirst();
        return isApplied(first, applied) ? Optional.of(nowMillis - first.millis()) : Optional.empty();
    }

    private Written second() {
        var all = written.iterator();
        all.next();
        return all.next();
    }

    private static boolean isApplied(Written at, AppliedProgress applied) {
        return at.lsn().compareTo(applied.lsn()) <= 0;
    }
}
