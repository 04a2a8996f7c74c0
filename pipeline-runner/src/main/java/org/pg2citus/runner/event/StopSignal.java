package org.pg2citus.runner.event;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Asks a migration to stop cleanly. Set once, by any thread; never unset. */
public final class StopSignal {

    private final CountDownLatch requested = new CountDownLatch(1);

    public void request() {
        requested.countDown();
    }

    public boolean isRequested() {
        return requested.getCount() == 0;
    }

    /** Waits for the signal, at most this long; true when it was given. */
    public boolean await(Duration timeout) {
        try {
            return requested.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // The thread is asked to end: as good as the signal.
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
