package org.pg2citus.runner.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.cutover.CutoverState;
import org.pg2citus.runner.cutover.CutoverStep;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.runner.state.CopiedTable;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.Phase;
import org.pg2citus.runner.state.SourceIdentity;
import org.pg2citus.runner.watch.Status.Summary;
import org.pg2citus.runner.watch.Status.TableStatus;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

class StatusTest {

    private static final Instant BEGUN = Instant.parse("2026-01-01T00:00:00Z");
    private static final Health STALLED = new Health(
            Health.State.STALLED,
            Optional.of(new Cause("WT001", "blocked", "unblock it")),
            Duration.ofMinutes(1),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty(),
            Optional.empty());

    private static Status status(
            Optional<Slot> slot, Optional<Lsn> heldAt, Optional<CutoverState> cutover, Optional<Health> health) {
        return new Status(
                new MigrationState(
                        "m",
                        Phase.STREAMING,
                        new SourceIdentity("1", 1, "d"),
                        "s",
                        "p",
                        Optional.of(new Lsn(1)),
                        List.of(),
                        Optional.empty()),
                List.of(),
                AppliedProgress.NONE,
                slot,
                new Lsn(10),
                Optional.empty(),
                Optional.empty(),
                heldAt,
                cutover,
                Optional.empty(),
                health);
    }

    private static Optional<Slot> slot(boolean active, String walStatus) {
        return Optional.of(new Slot("s", active, new Lsn(5), 0, walStatus, Optional.empty()));
    }

    private static TableStatus table(String name, long sizeBytes, boolean copied) {
        TableId id = new TableId("public", name);
        return new TableStatus(
                id,
                copied
                        ? Optional.of(new CopiedTable(id, new Lsn(1), 1, 1, BEGUN, BEGUN.plusSeconds(10)))
                        : Optional.empty(),
                Optional.empty(),
                1,
                sizeBytes);
    }

    @Test
    void summary_saysTheMostSevere() {
        Optional<Lsn> held = Optional.of(new Lsn(3));
        Optional<CutoverState> done = Optional.of(
                new CutoverState(CutoverStep.DONE, Optional.of(new Lsn(9)), Optional.of(BEGUN), Optional.of(BEGUN)));

        assertThat(status(slot(true, "reserved"), Optional.empty(), Optional.empty(), Optional.empty())
                        .summary())
                .isEqualTo(Summary.RUNNING);
        assertThat(status(slot(false, "reserved"), Optional.empty(), Optional.empty(), Optional.of(STALLED))
                        .summary())
                .isEqualTo(Summary.STOPPED);
        assertThat(status(slot(true, "reserved"), held, Optional.empty(), Optional.empty())
                        .summary())
                .isEqualTo(Summary.HELD);
        assertThat(status(slot(true, "reserved"), Optional.empty(), Optional.empty(), Optional.of(STALLED))
                        .summary())
                .isEqualTo(Summary.STALLED);
        assertThat(status(slot(true, "reserved"), held, done, Optional.of(STALLED))
                        .summary())
                .isEqualTo(Summary.CUT_OVER);
        assertThat(status(slot(true, "lost"), held, done, Optional.empty()).summary())
                .isEqualTo(Summary.LOST);
        assertThat(status(Optional.empty(), held, done, Optional.empty()).summary())
                .isEqualTo(Summary.LOST);
    }

    @Test
    void copyTimeLeft_isByTheSizeOfTheTables() {
        List<TableStatus> tables = List.of(table("a", 100, true), table("b", 300, false));

        assertThat(Status.copyTimeLeft(tables, BEGUN.plusSeconds(20))).contains(Duration.ofSeconds(60));
    }

    @Test
    void copyTimeLeft_isUnknownBeforeTheFirstTable() {
        assertThat(Status.copyTimeLeft(List.of(table("b", 300, false)), BEGUN)).isEmpty();
    }
}
