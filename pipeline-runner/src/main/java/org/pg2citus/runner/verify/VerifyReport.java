package org.pg2citus.runner.verify;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.sink.change.Lsn;

/**
 * What a verification found.
 *
 * @param lsn where in the source's WAL both sides were compared: the target had applied exactly what committed before;
 *     tables that were truncated meanwhile were compared again, later
 * @param findings rows in places where no query, or only some, see them
 */
public record VerifyReport(Lsn lsn, List<TableResult> tables, List<Finding> findings) {

    public VerifyReport {
        requireNonNull(lsn, "lsn is null");
        tables = List.copyOf(tables);
        findings = List.copyOf(findings);
    }

    public boolean equal() {
        return tables.stream().allMatch(TableResult::equal)
                && findings.stream().noneMatch(finding -> finding.severity() == Finding.Severity.ERROR);
    }
}
