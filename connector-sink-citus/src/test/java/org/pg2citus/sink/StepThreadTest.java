package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class StepThreadTest {

    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofSeconds(20);

    private final List<String> done = new CopyOnWriteArrayList<>();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final StepThread thread = new StepThread("step");

    private void waitAtTheGate() {
        try {
            gate.await();
            done.add("step");
        } catch (InterruptedException e) {
            done.add("interrupted");
        }
    }

    @Test
    void await_returnsBeforeALongStepEnds_andSeesItsEndLater() {
        thread.start(this::waitAtTheGate);
        assertThat(thread.await(SHORT)).isFalse();
        assertThat(thread.isIdle()).isFalse();
        assertThatThrownBy(() -> thread.start(() -> {})).isInstanceOf(IllegalStateException.class);
        gate.countDown();
        assertThat(thread.await(LONG)).isTrue();
        assertThat(thread.isIdle()).isTrue();
        assertThat(done).containsExactly("step");
        assertThat(thread.end(() -> done.add("last"), LONG)).isTrue();
        assertThat(done).containsExactly("step", "last");
    }

    @Test
    void await_throwsWhatTheStepThrew_once() {
        thread.start(() -> {
            throw new IllegalArgumentException("bad");
        });
        assertThatThrownBy(() -> thread.await(LONG)).isInstanceOf(IllegalArgumentException.class);
        assertThat(thread.await(LONG)).isTrue();
        assertThat(thread.end(() -> done.add("last"), LONG)).isTrue();
        assertThat(done).containsExactly("last");
    }

    @Test
    void end_interruptsTheStep_andStillRunsTheLastOne_uninterrupted() {
        thread.start(this::waitAtTheGate);
        boolean[] interrupted = {true};
        assertThat(thread.end(
                        () -> {
                            interrupted[0] = Thread.currentThread().isInterrupted();
                            done.add("last");
                        },
                        LONG))
                .isTrue();
        assertThat(done).containsExactly("interrupted", "last");
        assertThat(interrupted[0]).isFalse();
    }

    @Test
    void end_ofAStepThatHangs_returnsInTime_andTheLastOneComesAfterAll() throws Exception {
        CountDownLatch last = new CountDownLatch(1);
        thread.start(() -> {
            boolean open = false;
            while (!open) {
                try {
                    gate.await();
                    open = true;
                } catch (InterruptedException e) {
                    // As a statement in JDBC does.
                    done.add("interrupted");
                }
            }
        });
        assertThat(thread.end(last::countDown, SHORT)).isFalse();
        gate.countDown();
        last.await();
    }
}
