package org.pg2citus.runner.config;

import java.util.ArrayList;
import java.util.List;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/** Collects everything that is wrong with a configuration, so that one run reports all of it. */
final class Problems {

    private final List<String> problems = new ArrayList<>();

    void add(String problem) {
        problems.add(problem);
    }

    /**
     * Fails if there was any problem.
     *
     * @throws MigrationException when there was any problem; its message has one line for each
     */
    void throwIfAny() {
        if (!problems.isEmpty()) {
            throw new MigrationException(
                    ExitCode.CONFIG,
                    "CF001",
                    "the configuration has %d problem%s:%n  - %s"
                            .formatted(
                                    problems.size(),
                                    problems.size() == 1 ? "" : "s",
                                    String.join(System.lineSeparator() + "  - ", problems)),
                    "mend each line above; every key is explained by: pg2citus help config");
        }
    }
}
