package org.pg2citus.source.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.record.SourcePosition;
import org.postgresql.replication.LogSequenceNumber;

final class SlotGuardTest {

    private static final String SYSTEM = "7000000000000000001";
    private static final ServerIdentity SERVER = new ServerIdentity(SYSTEM, 1, "shop", Map.of());

    private ExpectedSlot expected = new ExpectedSlot("s", "p", Optional.empty(), Optional.empty());
    private ServerIdentity server = SERVER;
    private Optional<SlotState> slot = Optional.of(slotAt("0/100"));
    private Optional<SourcePosition.Stored> stored = Optional.empty();

    @Test
    void firstStart_isAccepted() {
        accepts();
    }

    @Test
    void slotBehindWhatIsStored_isAccepted() {
        stored = Optional.of(stored("0/200", SYSTEM, 1));
        accepts();
    }

    @Test
    void slotWhereItIsStored_isAccepted() {
        stored = Optional.of(stored("0/100", SYSTEM, 1));
        accepts();
    }

    @Test
    void slotAheadOfWhatIsStored_isRefused() {
        stored = Optional.of(stored("0/FF", SYSTEM, 1));
        refuses("SR014");
    }

    @Test
    void missingSlot_isRefused() {
        slot = Optional.empty();
        refuses("SR010");
    }

    @Test
    void lostSlot_isRefused() {
        slot = Optional.of(new SlotState(
                "logical", "pgoutput", "shop", false, false, false, Optional.of("wal_status lost"), lsn("0/100")));
        refuses("SR011");
    }

    @Test
    void slotOfAnotherKind_isRefused() {
        slot = Optional.of(new SlotState("physical", null, null, false, false, false, Optional.empty(), null));
        refuses("SR012");
        slot = Optional.of(slot("wal2json", "shop", false, false));
        refuses("SR012");
        slot = Optional.of(slot("pgoutput", "other", false, false));
        refuses("SR012");
        slot = Optional.of(slot("pgoutput", "shop", true, false));
        refuses("SR012");
        slot = Optional.of(slot("pgoutput", "shop", false, true));
        refuses("SR012");
    }

    @Test
    void serverOtherThanTheConfiguredOne_isRefused() {
        expected = new ExpectedSlot("s", "p", Optional.of("7000000000000000002"), Optional.empty());
        refuses("SR013");
    }

    @Test
    void serverOtherThanTheOneThatWasRead_isRefused() {
        stored = Optional.of(stored("0/200", "7000000000000000002", 1));
        refuses("SR013");
    }

    @Test
    void slotThatMovedBeforeTheFirstStart_isRefused() {
        expected = new ExpectedSlot("s", "p", Optional.empty(), Optional.of(lsn("0/90")));
        refuses("SR014");
    }

    @Test
    void slotThatMovedAfterTheFirstStart_isAccepted() {
        expected = new ExpectedSlot("s", "p", Optional.empty(), Optional.of(lsn("0/90")));
        stored = Optional.of(stored("0/100", SYSTEM, 1));
        accepts();
    }

    @Test
    void promotedServerThatHadEverythingBeforeItWasSent_isAccepted() {
        server = new ServerIdentity(SYSTEM, 2, "shop", Map.of(1, lsn("0/200")));
        stored = Optional.of(heldBack("0/200"));
        accepts();
    }

    @Test
    void promotedServerWithoutSomeOfWhatWasRead_isRefused() {
        server = new ServerIdentity(SYSTEM, 2, "shop", Map.of(1, lsn("0/200")));
        stored = Optional.of(heldBack("0/201"));
        refuses("SR015");
    }

    @Test
    void promotedServerThatPerhapsLacksWhatWasSentLast_isRefused() {
        server = new ServerIdentity(SYSTEM, 2, "shop", Map.of(1, lsn("0/200")));
        stored = Optional.of(stored("0/150", SYSTEM, 1));
        refuses("SR015");
    }

    @Test
    void promotedServerThatDoesNotKnowTheTimeline_isRefused() {
        server = new ServerIdentity(SYSTEM, 3, "shop", Map.of(2, lsn("0/200")));
        stored = Optional.of(heldBack("0/150"));
        refuses("SR015");
    }

    @Test
    void serverOnAnEarlierTimeline_isRefused() {
        stored = Optional.of(stored("0/200", SYSTEM, 2));
        refuses("SR015");
    }

    private void accepts() {
        assertThatCode(() -> SlotGuard.check(expected, slot, server, stored)).doesNotThrowAnyException();
    }

    private void refuses(String code) {
        assertThatExceptionOfType(SourceFault.class)
                .isThrownBy(() -> SlotGuard.check(expected, slot, server, stored))
                .satisfies(fault -> assertThat(fault.code()).isEqualTo(code));
    }

    private static SlotState slotAt(String confirmed) {
        return new SlotState("logical", "pgoutput", "shop", false, false, false, Optional.empty(), lsn(confirmed));
    }

    private static SlotState slot(String plugin, String database, boolean temporary, boolean twoPhase) {
        return new SlotState("logical", plugin, database, temporary, twoPhase, false, Optional.empty(), lsn("0/100"));
    }

    private static SourcePosition.Stored stored(String lsn, String systemIdentifier, int timeline) {
        return new SourcePosition.Stored(lsn(lsn).asLong(), systemIdentifier, timeline, false);
    }

    private static SourcePosition.Stored heldBack(String lsn) {
        return new SourcePosition.Stored(lsn(lsn).asLong(), SYSTEM, 1, true);
    }

    private static LogSequenceNumber lsn(String text) {
        return LogSequenceNumber.valueOf(text);
    }
}
