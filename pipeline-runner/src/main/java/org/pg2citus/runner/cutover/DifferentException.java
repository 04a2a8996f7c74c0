package org.pg2citus.runner.cutover;

import org.pg2citus.runner.verify.VerifyReport;

/** Source and target differ: there is no cutover. */
public final class DifferentException extends RuntimeException {

    private final transient VerifyReport report;

    DifferentException(VerifyReport report) {
        super("source and target differ");
        this.report = report;
    }

    public VerifyReport report() {
        return report;
    }
}
