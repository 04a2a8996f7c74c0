package org.pg2citus.runner.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.change.SchemaChange.SourceCommit;
import org.pg2citus.sink.change.Lsn;

class SchemaChangeTest {

    private static final ChangeScript SCRIPT = new ChangeScript("a", List.of("b"), false);
    private static final SourceCommit COMMIT = new SourceCommit(new Lsn(9), "7", TableChanges.NONE);
    private static final SchemaChange HELD = SchemaChange.held(Instant.EPOCH, new Lsn(5), Optional.of(SCRIPT));

    @Test
    void steps_followEachOther_andKeepWhatIsKnown() {
        SchemaChange changing = HELD.changingSource(COMMIT);
        SchemaChange done = changing.sourceChanged().targetChanged();
        assertThat(done.step()).isEqualTo(ChangeStep.TARGET_CHANGED);
        assertThat(done.commit()).contains(COMMIT);
        assertThat(done.script()).contains(SCRIPT);
        assertThat(done.heldAt()).isEqualTo(new Lsn(5));
        assertThat(changing.heldAgain()).isEqualTo(HELD);
    }

    @Test
    void onlyWhatHasChangedNothing_canBeAborted() {
        assertThat(List.of(ChangeStep.values()).stream()
                        .filter(ChangeStep::canAbort)
                        .toList())
                .containsExactly(ChangeStep.HELD, ChangeStep.PASSING);
    }

    @Test
    void everyStep_saysWhatIsNext() {
        SchemaChange byHand = SchemaChange.held(Instant.EPOCH, new Lsn(5), Optional.empty());
        for (SchemaChange change : List.of(
                HELD,
                byHand,
                byHand.passing(),
                HELD.changingSource(COMMIT),
                HELD.changingSource(COMMIT).sourceChanged(),
                HELD.changingSource(COMMIT).targetChanged())) {
            assertThat(change.next()).contains("schema-change finish");
        }
    }

    @Test
    void stepWithoutWhatItNeeds_isNone() {
        for (ChangeStep step : ChangeStep.values()) {
            assertThatThrownBy(() -> new SchemaChange(
                            step,
                            Instant.EPOCH,
                            new Lsn(5),
                            Optional.of(SCRIPT),
                            step.canAbort() ? Optional.of(COMMIT) : Optional.empty()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
