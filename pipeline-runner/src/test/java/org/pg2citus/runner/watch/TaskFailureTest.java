package org.pg2citus.runner.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.failure.ExitCode;

class TaskFailureTest {

    private static String trace(String cause) {
        return "org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.\n"
                + "\tat org.apache.kafka.connect.runtime.WorkerSinkTask.deliverMessages(WorkerSinkTask.java:632)\n"
                + "\tat java.base/java.lang.Thread.run(Thread.java:840)\n"
                + "Caused by: " + cause + "\n\tat org.pg2citus.sink.X.y(X.java:1)\n\t... 12 more\n";
    }

    @Test
    void codeInACause_isFoundWithItsWholeMessage() {
        TaskFailure failure = TaskFailure.of(
                trace("org.pg2citus.sink.failure.HaltException: AP003: table public.t has no column x\n  add it"));

        assertThat(failure.code()).contains("AP003");
        assertThat(failure.message()).isEqualTo("table public.t has no column x\n  add it");
        assertThat(failure.exitCode()).isEqualTo(ExitCode.TARGET);
        assertThat(failure.mayPass()).isFalse();
    }

    @Test
    void code_decidesTheExitCode() {
        assertThat(TaskFailure.of(trace("x.Y: SR011: slot lost")).exitCode()).isEqualTo(ExitCode.SLOT_LOST);
        assertThat(TaskFailure.of(trace("x.Y: SR001: slot.name: missing")).exitCode())
                .isEqualTo(ExitCode.CONFIG);
        assertThat(TaskFailure.of(trace("x.Y: SR020: unreadable")).exitCode()).isEqualTo(ExitCode.SOURCE);
        assertThat(TaskFailure.of(trace("x.Y: SR031: too large")).exitCode()).isEqualTo(ExitCode.KAFKA);
        assertThat(TaskFailure.of(trace("x.Y: TX002: count differs")).exitCode())
                .isEqualTo(ExitCode.KAFKA);
        assertThat(TaskFailure.of(trace("x.Y: CF001: no url")).exitCode()).isEqualTo(ExitCode.CONFIG);
    }

    @Test
    void errorWithoutCode_mayPassAndTellsTheLastCause() {
        TaskFailure failure = TaskFailure.of(trace("java.net.SocketException: Broken pipe"));

        assertThat(failure.mayPass()).isTrue();
        assertThat(failure.message()).isEqualTo("Broken pipe");
        assertThat(failure.exitCode()).isEqualTo(ExitCode.KAFKA);
        assertThat(TaskFailure.of("no trace").message()).isEqualTo("no trace");
        assertThat(TaskFailure.of("a.B\n\tat c.D.e(D.java:1)").message()).isEqualTo("a.B");
    }

    @Test
    void longMessage_isCut() {
        assertThat(TaskFailure.of(trace("x.Y: AP001: " + "long ".repeat(10_000)))
                        .message())
                .hasSizeLessThan(2_100)
                .endsWith("...");
    }

    @Test
    void pauses_doubleUpToAMinute() {
        assertThat(TaskWatch.pause(0)).isEqualTo(Duration.ofSeconds(1));
        assertThat(TaskWatch.pause(3)).isEqualTo(Duration.ofSeconds(8));
        assertThat(TaskWatch.pause(900)).isEqualTo(Duration.ofMinutes(1));
        assertThat(TaskWatch.haltPause(0)).isEqualTo(Duration.ofSeconds(2));
        assertThat(TaskWatch.haltPause(2)).isEqualTo(Duration.ofSeconds(8));
        assertThat(TaskWatch.haltPause(900)).isEqualTo(Duration.ofSeconds(30));
    }
}
