package org.pg2citus.runner.command;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.pg2citus.runner.event.StopSignal;

/**
 * Turns SIGINT and SIGTERM into a clean stop. The signal ends the process as soon as its hook returns, so the hook
 * waits for the command, and then ends the process with the command's exit code instead of the signal's.
 */
final class StopOnSignal implements AutoCloseable {

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook;
    private volatile int exitCode;

    StopOnSignal(StopSignal stop, Duration timeout) {
        this.hook = new Thread(() -> stopAndWait(stop, timeout), "stop-on-signal");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void stopAndWait(StopSignal stop, Duration timeout) {
        stop.request();
        try {
            if (ended.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                Runtime.getRuntime().halt(exitCode);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The command is done, and this is how. */
    void ended(int code) {
        exitCode = code;
        ended.countDown();
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs, and ends it.
        }
    }
}
