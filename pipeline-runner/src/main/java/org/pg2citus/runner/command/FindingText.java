package org.pg2citus.runner.command;

import java.util.List;
import java.util.stream.Collectors;
import org.pg2citus.runner.check.Finding;

/** Findings as people read them: what, and below it what to do. */
final class FindingText {

    private FindingText() {}

    static String of(List<Finding> findings) {
        return findings.stream()
                .map(finding -> "%s %s %s: %s%n  -> %s%n"
                        .formatted(
                                finding.severity(),
                                finding.code(),
                                finding.object(),
                                finding.message(),
                                finding.remedy()))
                .collect(Collectors.joining());
    }
}
