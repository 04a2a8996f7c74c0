package org.pg2citus.runner.postgres;

import org.pg2citus.runner.failure.ExitCode;

/** Which of the two servers. */
public enum Side {
    SOURCE("source", "DS", ExitCode.SOURCE),
    TARGET("target", "DT", ExitCode.TARGET);

    private final String word;
    private final String codePrefix;
    private final ExitCode exitCode;

    Side(String word, String codePrefix, ExitCode exitCode) {
        this.word = word;
        this.codePrefix = codePrefix;
        this.exitCode = exitCode;
    }

    /** {@code source} or {@code target}, for messages and for the names of settings. */
    public String word() {
        return word;
    }

    public ExitCode exitCode() {
        return exitCode;
    }

    String code(int number) {
        return "%s%03d".formatted(codePrefix, number);
    }
}
