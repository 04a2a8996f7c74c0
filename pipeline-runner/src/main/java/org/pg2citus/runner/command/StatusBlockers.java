package org.pg2citus.runner.command;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.runner.check.Finding.Severity;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.watch.Health;
import org.pg2citus.runner.watch.Status;

/** What is in the way of a migration, with what to do. */
final class StatusBlockers {

    /** Time enough to free a disk. */
    private static final Duration SHORT_RUNWAY = Duration.ofHours(4);

    private StatusBlockers() {}

    static List<Finding> of(Status status) {
        List<Finding> blockers = new ArrayList<>();
        String migration = "migration " + status.state().name();
        String slot = "slot " + status.state().slot();
        if (status.slotLost()) {
            blockers.add(finding(
                    "SL002",
                    Severity.ERROR,
                    slot,
                    "it is lost: changes are missing, and nothing closes the gap",
                    "pg2citus cleanup, empty the target's tables, raise max_slot_wal_keep_size, and begin again"));
            return blockers;
        }
        if (status.summary() == Status.Summary.STOPPED) {
            blockers.add(finding(
                    "WT006",
                    Severity.WARNING,
                    migration,
                    "it does not run: the source keeps WAL until it does",
                    "pg2citus migrate continues it"));
        }
        status.schemaChange()
                .ifPresent(change -> blockers.add(finding(
                        "WT009",
                        Severity.WARNING,
                        migration,
                        "a schema change is open since %s, at step %s".formatted(change.since(), change.step()),
                        change.next())));
        status.heldAt()
                .filter(lsn -> status.schemaChange().isEmpty())
                .ifPresent(lsn -> blockers.add(finding(
                        "WT007",
                        Severity.WARNING,
                        migration,
                        "the sink is held at %s: paused, being verified, or by the policy".formatted(lsn),
                        "pg2citus resume lets it go on")));
        if (status.summary() != Status.Summary.STOPPED) {
            status.health().ifPresent(health -> ofHealth(health, migration, slot, blockers));
        }
        return blockers;
    }

    private static void ofHealth(Health health, String migration, String slot, List<Finding> blockers) {
        health.cause()
                .ifPresent(cause -> blockers.add(finding(
                        cause.code(),
                        Severity.ERROR,
                        migration,
                        "stalled for %s: %s".formatted(Amounts.time(health.stalledFor()), cause.message()),
                        cause.remedy())));
        health.runway()
                .filter(runway -> runway.compareTo(SHORT_RUNWAY) < 0)
                .ifPresent(runway -> blockers.add(finding(
                        "WT010",
                        Severity.WARNING,
                        slot,
                        "the source's room for WAL lasts for %d minutes at the present rate"
                                .formatted(runway.toMinutes()),
                        "mend what holds the stream up, add disk, or raise max_slot_wal_keep_size")));
        health.oldestTransaction()
                .ifPresent(oldest -> blockers.add(finding(
                        "WT008",
                        Severity.WARNING,
                        "source",
                        "a transaction is open for long; what it writes comes when it ends, and the source keeps its"
                                + " WAL till then: " + oldest,
                        "wait for it, or end it: SELECT pg_terminate_backend(<pid>);")));
    }

    private static Finding finding(String code, Severity severity, String object, String message, String remedy) {
        return new Finding(code, severity, object, message, remedy, ExitCode.FINDINGS);
    }
}
