package org.pg2citus.runner.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.sink.change.TableId;

class TargetKeysCheckTest {

    private static final Set<String> ID = Set.of("id");
    private static final Set<String> MAIL = Set.of("mail");

    private static List<Finding> compare(
            List<Set<String>> source, List<Set<String>> target, Optional<String> distributionColumn) {
        Table table = new Table(
                new TableId("public", "users"),
                false,
                false,
                false,
                true,
                List.of("id"),
                List.of(),
                0,
                0,
                new Table.Access(true, true, true),
                List.of());
        List<Finding> findings = new ArrayList<>();
        TargetKeysCheck.compare(table, source, target, distributionColumn, findings::add);
        return findings;
    }

    @Test
    void sameKeys_areFine() {
        assertThat(compare(List.of(ID, MAIL), List.of(MAIL, ID), Optional.empty()))
                .isEmpty();
    }

    @Test
    void keyWidenedByTheDistributionColumn_isFine() {
        assertThat(compare(List.of(ID), List.of(Set.of("id", "tenant")), Optional.of("tenant")))
                .isEmpty();
    }

    @Test
    void keyWidenedByAnotherColumn_identifiesNoRow() {
        assertThat(compare(List.of(ID), List.of(Set.of("id", "day")), Optional.of("tenant")))
                .extracting(Finding::code)
                .containsExactly("PF051");
    }

    @Test
    void uniqueKeyThatCitusCannotKeep_isToldSo() {
        assertThat(compare(List.of(ID, MAIL), List.of(Set.of("id", "tenant")), Optional.of("tenant")))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.code()).isEqualTo("PF052");
                    assertThat(finding.remedy())
                            .contains("ADD UNIQUE (\"mail\", \"tenant\");")
                            .contains("Citus cannot keep (mail) unique over all shards");
                });
    }

    @Test
    void keyThatOnlyTheTargetHas_isRefused() {
        assertThat(compare(List.of(ID), List.of(ID, MAIL), Optional.empty()))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.code()).isEqualTo("PF057");
                    assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR);
                });
    }
}
