package org.pg2citus.sink;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.MDC;

/** A thread that does one step at a time for another thread, which need not wait for its end. */
final class StepThread {

    private final ExecutorService executor;
    private volatile Thread thread;
    private Optional<Future<?>> step = Optional.empty();

    /** Down when the newest step has begun: an interruption before that would be lost. */
    private CountDownLatch begun = new CountDownLatch(0);

    StepThread(String name) {
        // Connect marks the log lines of a connector by its thread's context.
        Optional<Map<String, String>> logContext = Optional.ofNullable(MDC.getCopyOfContextMap());
        this.executor = Executors.newSingleThreadExecutor(steps -> {
            Thread created = new Thread(
                    () -> {
                        logContext.ifPresent(MDC::setContextMap);
                        steps.run();
                    },
                    name);
            // A step that hangs in a dead connection must not keep a worker from ending.
            created.setDaemon(true);
            thread = created;
            return created;
        });
    }

    /** True when no step is under way, and the last one's end was seen by {@link #await}. */
    boolean isIdle() {
        return step.isEmpty();
    }

    void start(Runnable next) {
        if (step.isPresent()) {
            throw new IllegalStateException("the step before has not ended");
        }
        CountDownLatch thisBegun = new CountDownLatch(1);
        begun = thisBegun;
        step = Optional.of(executor.submit(() -> {
            thisBegun.countDown();
            next.run();
        }));
    }

    /**
     * Waits for the step under way.
     *
     * @return false when it has not ended within the limit
     * @throws RuntimeException what the step ended with
     */
    boolean await(Duration limit) {
        if (step.isEmpty()) {
            return true;
        }
        try {
            step.get().get(limit.toNanos(), TimeUnit.NANOSECONDS);
            step = Optional.empty();
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while the target was being written", e);
        } catch (ExecutionException e) {
            step = Optional.empty();
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw new AssertionError("a step can only throw unchecked exceptions", e);
        }
    }

    /**
     * Interrupts the step under way, runs the last one behind it, and ends the thread.
     *
     * @return false when the thread has not ended within the limit; the last step is then still to come
     */
    boolean end(Runnable last, Duration limit) {
        try {
            if (step.isPresent() && begun.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        executor.execute(() -> {
            // The interruption was meant for the step before.
            boolean unused = Thread.interrupted();
            last.run();
        });
        executor.shutdown();
        try {
            return executor.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
