package org.pg2citus.runner.event;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.check.Finding;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

/** One thing that a migration tells. */
public sealed interface MigrationEvent {

    /** A step begins; the text is one line for people. */
    record StepStarted(String step) implements MigrationEvent {}

    /** Something to know that stops nothing. */
    record Notice(String text) implements MigrationEvent {}

    /** What the checks found, errors first; empty when all is well. */
    record ChecksDone(List<Finding> findings) implements MigrationEvent {
        public ChecksDone {
            findings = List.copyOf(findings);
        }
    }

    /** The slot is there; changes from this position on travel through Kafka. */
    record SlotReady(String slot, Lsn lsn) implements MigrationEvent {}

    /** The copy, about once a second. */
    record CopyProgressed(
            List<TableProgress> tables, double rowsPerSecond, double bytesPerSecond, Optional<Duration> timeLeft)
            implements MigrationEvent {
        public CopyProgressed {
            tables = List.copyOf(tables);
        }
    }

    /** A table is in the target, whole and committed. */
    record TableCopied(TableId table, long rows, long bytes, Duration took) implements MigrationEvent {}

    /** The stream, about once a second. */
    record LagMeasured(Lag lag) implements MigrationEvent {}

    /**
     * It does not go on, or the source runs out of room for its WAL; told once for each time.
     *
     * @param severity {@code WARN}, {@code ALERT}, {@code PAUSE} or {@code RELEASE}
     * @param code stable, for documents and scripts
     */
    record Alarm(String severity, String code, String message, String remedy) implements MigrationEvent {}

    /** After a stall it goes on. */
    record Recovered(Duration stalledFor) implements MigrationEvent {}

    /** Everything that the source had committed when this was asked is in the target. */
    record CaughtUp(Lsn lsn) implements MigrationEvent {}

    /** A connector's task failed with an error that may pass, and is started again. */
    record TaskRestarted(String connector, String error, int attempt, Duration after) implements MigrationEvent {}

    /** Stopped because it was asked to; running again continues. */
    record Stopped() implements MigrationEvent {}
}
