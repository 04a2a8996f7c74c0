package org.pg2citus.runner.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.schema.CitusRules.Outcome;
import org.pg2citus.runner.schema.SourceReference.Action;
import org.pg2citus.sink.change.TableId;

class CitusRulesTest {

    private static final List<String> NONE = List.of();

    /** Tables a and b by company in one group, c in another, r of reference, l local, s and t single. */
    private static CitusRules rules() {
        Models models = new Models();
        for (String table : List.of("a", "b", "c", "r", "l", "s", "t")) {
            models.table(table, "id bigint!", "company bigint").primaryKey("id").add();
        }
        SourceModel model = new SourceModel(
                models.model().tables(), Map.of(Models.id("a_1"), Models.id("a")), Set.of(Models.id("out")));
        return new CitusRules(
                model,
                new SchemaPlan(
                        Optional.empty(),
                        List.of(
                                TablePlan.distributed(Models.id("a"), "company", "g", NONE),
                                TablePlan.distributed(Models.id("b"), "company", "g", NONE),
                                TablePlan.distributed(Models.id("c"), "id", "h", NONE),
                                TablePlan.reference(Models.id("r")),
                                TablePlan.local(Models.id("l")),
                                new TablePlan(
                                        Models.id("s"), TableKind.SINGLE, Optional.empty(), Optional.of("i"), NONE),
                                new TablePlan(
                                        Models.id("t"), TableKind.SINGLE, Optional.empty(), Optional.of("i"), NONE))));
    }

    private static CitusRules.Key key(String table, SourceKey.Kind kind, String... columns) {
        return rules().key(Models.id(table), new SourceKey("k", kind, List.of(columns), false));
    }

    private static CitusRules.Reference reference(
            String from, List<String> columns, String to, List<String> targets, Action onDelete, Action onUpdate) {
        return rules().reference(
                        Models.id(from), new SourceReference("f", columns, Models.id(to), targets, onDelete, onUpdate));
    }

    private static Outcome plain(String from, String to) {
        return reference(from, List.of("x"), to, List.of("id"), Action.NO_ACTION, Action.NO_ACTION)
                .outcome();
    }

    @Test
    void keyWithTheDistributionColumn_isKept() {
        assertThat(key("a", SourceKey.Kind.PRIMARY, "id", "company").outcome()).isEqualTo(Outcome.KEEP);
        assertThat(key("c", SourceKey.Kind.PRIMARY, "id").outcome()).isEqualTo(Outcome.KEEP);
        assertThat(key("a", SourceKey.Kind.EXCLUSION, "company", "room").outcome())
                .isEqualTo(Outcome.KEEP);
    }

    @Test
    void keyOfATableThatIsNotSpread_isKept() {
        for (String table : List.of("r", "l", "s")) {
            assertThat(key(table, SourceKey.Kind.UNIQUE, "x").outcome())
                    .as(table)
                    .isEqualTo(Outcome.KEEP);
        }
    }

    @Test
    void keyWithoutTheDistributionColumn_isWidenedAndSaidToBeWeaker() {
        CitusRules.Key primary = key("a", SourceKey.Kind.PRIMARY, "id");
        assertThat(primary.added()).contains("company");
        assertThat(primary.why()).contains("two rows may have the same (id)");

        CitusRules.Key unique = key("a", SourceKey.Kind.UNIQUE, "mail");
        assertThat(unique.outcome()).isEqualTo(Outcome.CHANGE);
        assertThat(unique.why()).contains("weaker", "within each company");
    }

    @Test
    void keyWidenedByWhatIsUniqueItself_isSaidToKeepNothing() {
        assertThat(key("c", SourceKey.Kind.UNIQUE, "name").why()).contains("unique by itself");
    }

    @Test
    void keyOfAPartition_followsItsRoot() {
        assertThat(key("a_1", SourceKey.Kind.PRIMARY, "id").added()).contains("company");
    }

    @Test
    void exclusionWithoutTheDistributionColumn_isLeftOut() {
        assertThat(key("a", SourceKey.Kind.EXCLUSION, "room").outcome()).isEqualTo(Outcome.LEAVE_OUT);
    }

    @Test
    void everyPairOfKinds_isWhatCitusTakes() {
        assertThat(plain("a", "r")).isEqualTo(Outcome.KEEP);
        assertThat(plain("r", "r")).isEqualTo(Outcome.KEEP);
        assertThat(plain("l", "r")).isEqualTo(Outcome.KEEP);
        assertThat(plain("s", "r")).isEqualTo(Outcome.KEEP);
        assertThat(plain("l", "l")).isEqualTo(Outcome.KEEP);
        assertThat(plain("r", "l")).isEqualTo(Outcome.KEEP);
        assertThat(plain("s", "t")).isEqualTo(Outcome.KEEP);
        assertThat(plain("a", "b")).isEqualTo(Outcome.CHANGE);
        assertThat(plain("a", "c")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("a", "l")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("a", "s")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("r", "a")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("l", "a")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("l", "s")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("s", "l")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("s", "a")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("a", "out")).isEqualTo(Outcome.LEAVE_OUT);
        assertThat(plain("out", "a")).isEqualTo(Outcome.LEAVE_OUT);
    }

    @Test
    void referenceWithinAGroup_isWidenedByBothColumns() {
        CitusRules.Reference widened =
                reference("a", List.of("b_id"), "b", List.of("id"), Action.CASCADE, Action.NO_ACTION);

        assertThat(widened.added()).containsExactly("company", "company");
        assertThat(widened.dropOnDelete()).isFalse();
        assertThat(widened.why()).contains("stronger");
    }

    @Test
    void referenceByTheDistributionColumns_isKept() {
        assertThat(reference("a", List.of("company"), "b", List.of("company"), Action.CASCADE, Action.NO_ACTION)
                        .outcome())
                .isEqualTo(Outcome.KEEP);
    }

    @Test
    void referenceThatPairsADistributionColumnWithAnother_isLeftOut() {
        assertThat(reference("a", List.of("company"), "b", List.of("id"), Action.NO_ACTION, Action.NO_ACTION)
                        .outcome())
                .isEqualTo(Outcome.LEAVE_OUT);
        assertThat(reference("a", List.of("x"), "b", List.of("company"), Action.NO_ACTION, Action.NO_ACTION)
                        .outcome())
                .isEqualTo(Outcome.LEAVE_OUT);
    }

    @Test
    void actionsThatWouldChangeTheDistributionColumn_areDropped() {
        CitusRules.Reference widened =
                reference("a", List.of("b_id"), "b", List.of("id"), Action.SET_NULL, Action.CASCADE);
        assertThat(widened.dropOnDelete()).isTrue();
        assertThat(widened.dropOnUpdate()).isTrue();
        assertThat(widened.why()).contains("ON DELETE SET NULL", "ON UPDATE CASCADE");

        CitusRules.Reference toReference =
                reference("a", List.of("company"), "r", List.of("id"), Action.SET_DEFAULT, Action.NO_ACTION);
        assertThat(toReference.outcome()).isEqualTo(Outcome.CHANGE);
        assertThat(toReference.added()).isEmpty();
        assertThat(toReference.dropOnDelete()).isTrue();
    }

    @Test
    void actionsOnOtherColumns_stay() {
        assertThat(reference("a", List.of("x"), "r", List.of("id"), Action.SET_NULL, Action.CASCADE)
                        .outcome())
                .isEqualTo(Outcome.KEEP);
    }

    @Test
    void referenceTableToALocalOne_losesItsActions() {
        CitusRules.Reference changed =
                reference("r", List.of("x"), "l", List.of("id"), Action.CASCADE, Action.RESTRICT);

        assertThat(changed.dropOnDelete()).isTrue();
        assertThat(changed.dropOnUpdate()).isFalse();
    }

    @Test
    void planOfAPartition_isItsRoots() {
        assertThat(rules().plan(new TableId("public", "a_1")).orElseThrow().kind())
                .isEqualTo(TableKind.DISTRIBUTED);
    }
}
