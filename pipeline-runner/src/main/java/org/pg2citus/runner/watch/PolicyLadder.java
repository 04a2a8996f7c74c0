package org.pg2citus.runner.watch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pg2citus.runner.config.WatchPolicy;

/**
 * Which steps are to be taken now: each once, when its condition begins; again only after the condition was clearly over,
 * so that a value which swings about a threshold does not ring a bell each second.
 */
public final class PolicyLadder {

    /** From mild to severe. */
    public enum Step {
        /** Said on the terminal and in the log. */
        WARN,
        /** Sent to the webhook and the command. */
        ALERT,
        /** The sink is held. */
        PAUSE,
        /** The slot is dropped. */
        RELEASE
    }

    private static final int CLEARLY = 2;

    private final WatchPolicy policy;
    private final Set<Step> taken = EnumSet.noneOf(Step.class);
    private boolean stallTold;

    public PolicyLadder(WatchPolicy policy) {
        this.policy = policy;
    }

    /** The new steps, from mild to severe. */
    public List<Step> steps(Health health) {
        List<Step> steps = new ArrayList<>();
        boolean stalled = health.state() == Health.State.STALLED;
        boolean newStall = stalled && !stallTold;
        stallTold = stalled;
        for (Step step : Step.values()) {
            boolean byRunway = isNew(step, health.runway());
            if (byRunway || (newStall && (step == Step.WARN || step == Step.ALERT))) {
                steps.add(step);
            }
        }
        return steps;
    }

    private boolean isNew(Step step, Optional<Duration> runway) {
        Optional<Duration> threshold = threshold(step);
        if (threshold.isEmpty()) {
            return false;
        }
        if (runway.isEmpty() || runway.get().compareTo(threshold.get().multipliedBy(CLEARLY)) > 0) {
            taken.remove(step);
            return false;
        }
        return runway.get().compareTo(threshold.get()) < 0 && taken.add(step);
    }

    private Optional<Duration> threshold(Step step) {
        return switch (step) {
            case WARN -> Optional.of(policy.warnBelow());
            case ALERT -> Optional.of(policy.alertBelow());
            case PAUSE -> policy.pauseBelow();
            case RELEASE -> policy.releaseBelow();
        };
    }
}
