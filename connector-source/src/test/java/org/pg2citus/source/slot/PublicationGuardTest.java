package org.pg2citus.source.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pg2citus.source.failure.SourceFault;

final class PublicationGuardTest {

    @Test
    void publicationOfWholeTables_isAccepted() {
        assertThatCode(() -> PublicationGuard.check(
                        "p", Optional.of(new PublicationState(true, List.of(), List.of(), false))))
                .doesNotThrowAnyException();
    }

    @Test
    void missingPublication_isRefused() {
        assertThat(refusal(Optional.empty()))
                .isEqualTo("SR016: publication p does not exist. Create it before the slot:"
                        + " the server reads it as it was at the time of each change");
    }

    @Test
    void everythingThatIsLeftOut_isNamedAtOnce() {
        assertThat(refusal(Optional.of(new PublicationState(false, List.of("a"), List.of("b", "s.c"), true))))
                .startsWith("SR016")
                .contains("some operations", "some rows of a.", "some columns of b, s.c.", "generated columns");
    }

    @Test
    void eachThingThatIsLeftOut_isRefusedAlone() {
        for (PublicationState state : List.of(
                new PublicationState(false, List.of(), List.of(), false),
                new PublicationState(true, List.of("a"), List.of(), false),
                new PublicationState(true, List.of(), List.of("a"), false),
                new PublicationState(true, List.of(), List.of(), true))) {
            assertThat(refusal(Optional.of(state))).startsWith("SR016");
        }
    }

    @Test
    void manyTables_areCounted() {
        List<String> names = IntStream.range(0, 25).mapToObj(i -> "t" + i).toList();
        assertThat(PublicationGuard.list(names)).endsWith(", t19 and 5 more");
        assertThat(PublicationGuard.list(names.subList(0, 20))).endsWith(", t19");
    }

    private static String refusal(Optional<PublicationState> publication) {
        SourceFault[] fault = new SourceFault[1];
        assertThatExceptionOfType(SourceFault.class)
                .isThrownBy(() -> PublicationGuard.check("p", publication))
                .satisfies(thrown -> fault[0] = thrown);
        return fault[0].getMessage();
    }
}
