package org.pg2citus.runner.stream;

import java.util.Optional;

/**
 * A connector's state as Connect reports it; the task's counts, because a connector can be RUNNING while its only task
 * has FAILED.
 *
 * @param state of the task; of the connector while it has no task
 * @param trace the failure's stack trace
 */
public record ConnectorStatus(String connector, String state, Optional<String> trace) {

    public boolean isFailed() {
        return state.equals("FAILED");
    }
}
