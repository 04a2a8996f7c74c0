package org.pg2citus.runner.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.config.WatchPolicy;
import org.pg2citus.runner.watch.PolicyLadder.Step;

class PolicyLadderTest {

    private final PolicyLadder ladder = new PolicyLadder(policy(Optional.of(30), Optional.of(10)));

    private static WatchPolicy policy(Optional<Integer> pauseMinutes, Optional<Integer> releaseMinutes) {
        return new WatchPolicy(
                Duration.ofSeconds(60),
                true,
                Duration.ofMinutes(240),
                Duration.ofMinutes(60),
                pauseMinutes.map(Duration::ofMinutes),
                releaseMinutes.map(Duration::ofMinutes),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    private static Health health(boolean stalled, Optional<Integer> runwayMinutes) {
        return new Health(
                stalled ? Health.State.STALLED : Health.State.RUNNING,
                stalled ? Optional.of(new Cause("WT001", "blocked", "unblock it")) : Optional.empty(),
                Duration.ZERO,
                OptionalLong.empty(),
                OptionalLong.empty(),
                runwayMinutes.map(Duration::ofMinutes),
                Optional.empty(),
                OptionalLong.empty(),
                Optional.empty());
    }

    private static Health runway(int minutes) {
        return health(false, Optional.of(minutes));
    }

    @Test
    void shrinkingRunway_climbsStepByStepEachOnce() {
        assertThat(ladder.steps(runway(600))).isEmpty();
        assertThat(ladder.steps(runway(200))).containsExactly(Step.WARN);
        assertThat(ladder.steps(runway(199))).isEmpty();
        assertThat(ladder.steps(runway(50))).containsExactly(Step.ALERT);
        assertThat(ladder.steps(runway(29))).containsExactly(Step.PAUSE);
        assertThat(ladder.steps(runway(9))).containsExactly(Step.RELEASE);
        assertThat(ladder.steps(runway(1))).isEmpty();
    }

    @Test
    void suddenlyShortRunway_takesAllStepsFromMildToSevere() {
        assertThat(ladder.steps(runway(5))).containsExactly(Step.WARN, Step.ALERT, Step.PAUSE, Step.RELEASE);
    }

    @Test
    void runwayAboutAThreshold_isToldOnceUntilItIsClearlyOver() {
        assertThat(ladder.steps(runway(239))).containsExactly(Step.WARN);
        assertThat(ladder.steps(runway(241))).isEmpty();
        assertThat(ladder.steps(runway(239))).isEmpty();
        assertThat(ladder.steps(runway(500))).isEmpty();
        assertThat(ladder.steps(runway(239))).containsExactly(Step.WARN);
    }

    @Test
    void runwayWithoutEnd_takesNoStep() {
        assertThat(ladder.steps(health(false, Optional.empty()))).isEmpty();
    }

    @Test
    void stall_isToldOnceAndAgainWhenItComesBack() {
        assertThat(ladder.steps(health(true, Optional.empty()))).containsExactly(Step.WARN, Step.ALERT);
        assertThat(ladder.steps(health(true, Optional.empty()))).isEmpty();
        assertThat(ladder.steps(health(false, Optional.empty()))).isEmpty();
        assertThat(ladder.steps(health(true, Optional.empty()))).containsExactly(Step.WARN, Step.ALERT);
    }

    @Test
    void stepsThatAreNotConfigured_areNotTaken() {
        PolicyLadder mild = new PolicyLadder(policy(Optional.empty(), Optional.empty()));

        assertThat(mild.steps(runway(0))).containsExactly(Step.WARN, Step.ALERT);
    }
}
