package org.pg2citus.runner.config;

import java.util.ArrayList;
import java.util.List;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/** Collects everything that is wrong with a file that a user writes, so that one run reports all of it. */
public final class Problems {

    private final String code;
    private final String subject;
    private final String remedy;
    private final List<String> problems = new ArrayList<>();

    /** Those of the configuration. */
    Problems() {
        this("CF001", "the configuration", "mend each line above; every key is explained by: pg2citus help config");
    }

    /**
     * @param code of the failure that tells them
     * @param subject what has them
     */
    public Problems(String code, String subject, String remedy) {
        this.code = code;
        this.subject = subject;
        this.remedy = remedy;
    }

    public void add(String problem) {
        problems.add(problem);
    }

    /**
     * Fails if there was any problem.
     *
     * @throws MigrationException when there was any problem; its message has one line for each
     */
    public void throwIfAny() {
        if (!problems.isEmpty()) {
            throw new MigrationException(
                    ExitCode.CONFIG,
                    code,
                    "%s has %d problem%s:%n  - %s"
                            .formatted(
                                    subject,
                                    problems.size(),
                                    problems.size() == 1 ? "" : "s",
                                    String.join(System.lineSeparator() + "  - ", problems)),
                    remedy);
        }
    }
}
