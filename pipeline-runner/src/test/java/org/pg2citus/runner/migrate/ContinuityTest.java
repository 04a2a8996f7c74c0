package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.migrate.Continuity.Decision;
import org.pg2citus.runner.snapshot.Slot;
import org.pg2citus.runner.state.AppliedProgress;
import org.pg2citus.runner.state.CopiedTable;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.runner.state.Phase;
import org.pg2citus.runner.state.SourceIdentity;
import org.pg2citus.runner.state.TopicIdentity;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.change.TableId;

class ContinuityTest {

    private static final SourceIdentity SOURCE = new SourceIdentity("7000", 1, "shop");
    private static final TopicIdentity TOPIC = new TopicIdentity("cluster", "changes", "id1");
    private static final TopicIdentity OTHER_TOPIC = new TopicIdentity("cluster", "changes", "id2");
    private static final TableId TABLE = new TableId("public", "t");

    private SourceIdentity source = SOURCE;
    private Optional<Slot> slot = slotAt(1_000, "reserved");
    private Optional<TopicIdentity> topic = Optional.of(TOPIC);
    private long firstOffset;
    private AppliedProgress applied = applied(500, 20);
    private List<CopiedTable> copied = List.of(copiedAt(100));

    private static Optional<Slot> slotAt(long confirmed, String walStatus) {
        return Optional.of(new Slot("s", false, new Lsn(confirmed), 0, walStatus, Optional.empty()));
    }

    private static AppliedProgress applied(long lsn, long nextOffset) {
        return new AppliedProgress(new Lsn(lsn), OptionalLong.of(nextOffset), 0, 0);
    }

    private static CopiedTable copiedAt(long lsn) {
        return new CopiedTable(TABLE, new Lsn(lsn), 1, 1, Instant.EPOCH, Instant.EPOCH);
    }

    private Decision decide() {
        MigrationState state = new MigrationState(
                "m", Phase.STREAMING, SOURCE, "s", "p", Optional.of(new Lsn(100)), List.of(TABLE), Optional.of(TOPIC));
        return new Continuity(state, source, slot, topic, firstOffset, applied, copied).decide();
    }

    private static void assertLost(String code, ThrowingCallable deciding) {
        assertThatThrownBy(deciding).isInstanceOfSatisfying(MigrationException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.exitCode()).isEqualTo(ExitCode.SLOT_LOST);
            assertThat(e.remedy()).isNotBlank();
        });
    }

    @Test
    void sameTopicWithAllThatIsNeeded_goesOn() {
        assertThat(decide()).isEqualTo(Decision.SAME_TOPIC);
        firstOffset = 20;
        assertThat(decide()).isEqualTo(Decision.SAME_TOPIC);
    }

    @Test
    void topicCutBeforeItWasRead_isLost() {
        firstOffset = 21;
        assertLost("SL003", this::decide);
        firstOffset = 1;
        applied = AppliedProgress.NONE;
        assertLost("SL003", this::decide);
    }

    @Test
    void newTopic_isFineWhenTheTargetHasAllThatTheSourceForgot() {
        applied = applied(1_000, 20);
        topic = Optional.of(OTHER_TOPIC);
        assertThat(decide()).isEqualTo(Decision.NEW_TOPIC);
        topic = Optional.empty();
        assertThat(decide()).isEqualTo(Decision.NEW_TOPIC);
    }

    @Test
    void newTopicWithAGap_isLost() {
        applied = applied(999, 20);
        topic = Optional.of(OTHER_TOPIC);
        assertLost("SL004", this::decide);
        topic = Optional.empty();
        assertLost("SL004", this::decide);
    }

    @Test
    void newTopicWhileCopying_countsTheOldestCopy() {
        applied = AppliedProgress.NONE;
        topic = Optional.empty();
        copied = List.of(copiedAt(1_000), copiedAt(2_000));
        assertThat(decide()).isEqualTo(Decision.NEW_TOPIC);
        copied = List.of(copiedAt(999), copiedAt(2_000));
        assertLost("SL004", this::decide);
        copied = List.of();
        assertThat(decide())
                .as("everything is still to be copied, from a newer snapshot")
                .isEqualTo(Decision.NEW_TOPIC);
    }

    @Test
    void missingOrLostSlot_isLost() {
        slot = Optional.empty();
        assertLost("SL001", this::decide);
        slot = slotAt(1_000, "lost");
        assertLost("SL002", this::decide);
    }

    @Test
    void otherSource_isRefused_andAPromotedStandbyIsNot() {
        source = new SourceIdentity("7001", 1, "shop");
        assertLost("SL005", this::decide);
        source = new SourceIdentity("7000", 1, "other");
        assertLost("SL005", this::decide);
        source = new SourceIdentity("7000", 2, "shop");
        assertThat(decide()).isEqualTo(Decision.SAME_TOPIC);
    }
}
