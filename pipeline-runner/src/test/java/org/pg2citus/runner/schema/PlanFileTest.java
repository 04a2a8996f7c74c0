package org.pg2citus.runner.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.schema.SourceReference.Action;
import org.pg2citus.sink.change.TableId;

class PlanFileTest {

    private static SourceModel model() {
        Models models = new Models();
        models.table("companies", "id bigint!", "name text!")
                .primaryKey("id")
                .unique("name")
                .size(500, 1)
                .add();
        models.table("ads", "id bigint!", "company_id bigint", "campaign_id bigint!", "reviewer bigint", "d domain int")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .references(List.of("reviewer"), "ads", List.of("id"), Action.SET_NULL, Action.NO_ACTION)
                .statistics("company_id", 0.25, 20, 0.37)
                .narrowSequence("id")
                .triggers("touch", "log")
                .exclusion("id")
                .size(20_000, 40)
                .add();
        models.table("entries", "id bigint!", "company_id bigint!")
                .primaryKey("company_id", "id")
                .references("company_id", "companies", "id")
                .size(1000, 2)
                .add();
        models.table("settings", "key text!").primaryKey("key").add();
        models.table("log", "at date!").partitioned().add();
        models.table("twice", "company_id bigint!")
                .generated("company_id")
                .inherits()
                .add();
        return models.model();
    }

    private static String proposed() {
        return PlanFile.write(model(), SchemaPlanner.plan(model()));
    }

    private static SchemaPlan read(String text) {
        return PlanReader.read("plan.yaml", text, model());
    }

    private static AbstractThrowableAssert<?, ?> refused(String text) {
        return assertThatThrownBy(() -> read(text)).isInstanceOfSatisfying(MigrationException.class, failure -> {
            assertThat(failure.code()).isEqualTo("SM001");
            assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIG);
        });
    }

    /** The proposed plan with one line of a table changed. */
    private static String edited(String from, String to) {
        String text = proposed();
        assertThat(text).contains(from);
        return text.replace(from, to);
    }

    @Test
    void whatIsWritten_isReadAgain() {
        SchemaPlan plan = SchemaPlanner.plan(model());
        SchemaPlan again = read(PlanFile.write(model(), plan));

        assertThat(again.tables())
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("reasons")
                .isEqualTo(plan.tables());
        assertThat(again.shardCount()).isEmpty();
        assertThat(read(PlanFile.write(model(), new SchemaPlan(Optional.of(8), plan.tables())))
                        .shardCount())
                .contains(8);
    }

    @Test
    void file_saysWhyAndWhatIsDifferent() {
        String comments = proposed()
                .lines()
                .filter(line -> line.contains("#"))
                .map(line -> line.replace("#", "").strip())
                .reduce("", (one, other) -> one + " " + other);

        assertThat(comments)
                .contains("about 20 000 rows, 40 MB")
                .contains("- its foreign key ads_company_id_fkey leads to public.companies")
                .contains("! company_id is null in about 25 % of the rows")
                .contains("! skewed: one value of company_id has 37 % of the rows")
                .contains("! company_id has about 20 values")
                .contains("! ads_pkey: company_id is added to the primary key")
                .contains("! companies_name_key: id is added, which is unique by itself")
                .contains("! ads_excl is left out")
                .contains(
                        "! foreign key ads_reviewer_fkey to public.ads: company_id is added",
                        "without ON DELETE SET NULL")
                .contains("! left out, as Citus has no triggers on such tables: touch, log")
                .contains("! id is filled by a sequence of integers")
                .contains("deletes on the source do not say the company_id", "REPLICA IDENTITY USING INDEX");
        assertThat(proposed().lines()).allMatch(line -> line.length() <= 120);
    }

    @Test
    void namesThatYamlWouldMisread_areQuoted() {
        SourceTable odd = new SourceTable(
                new TableId("Odd Names", "a \"b\": #c"),
                false,
                false,
                List.of(new SourceColumn("no", "bigint", false, true, false, false, Optional.empty())),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                0,
                0);
        SourceModel model = new SourceModel(List.of(odd), Map.of(), Set.of());
        SchemaPlan plan =
                new SchemaPlan(Optional.empty(), List.of(TablePlan.distributed(odd.id(), "no", "a \\ b", List.of())));

        assertThat(PlanReader.read("p", PlanFile.write(model, plan), model)).isEqualTo(plan);
    }

    @Test
    void editedPlan_isTaken() {
        SchemaPlan plan =
                read(edited("  public.settings:\n    kind: local", "  public.settings:\n    kind: reference"));

        assertThat(plan.of(Models.id("settings")).orElseThrow().kind()).isEqualTo(TableKind.REFERENCE);
    }

    @Test
    void distributedTableWithoutAGroup_isAGroupOfItsOwn() {
        SchemaPlan plan = read(edited(
                "  public.settings:\n    kind: local", "  public.settings:\n    kind: distributed\n    column: key"));

        assertThat(plan.of(Models.id("settings")).orElseThrow().colocation()).contains("public.settings");
    }

    @Test
    void unknownTable_isRefusedWithItsLineAndTheNearest() {
        String text = edited("  public.settings:", "  public.setings:");
        int line = 1
                + (int) text.substring(0, text.indexOf("public.setings"))
                        .lines()
                        .count()
                - 1;

        refused(text)
                .hasMessageContaining("plan.yaml, line %d: ".formatted(line))
                .hasMessageContaining("no table public.setings (did you mean public.settings?)")
                .hasMessageContaining("not in the plan: public.settings");
    }

    @Test
    void unknownColumn_isRefusedWithTheNearest() {
        refused(edited("    column: company_id", "    column: compani_id"))
                .hasMessageContaining("public.ads has no column compani_id (did you mean company_id?)")
                .hasMessageContaining("public.entries has no column compani_id");
    }

    @Test
    void unknownKindAndKey_areRefusedWithTheNearest() {
        refused(edited("  public.settings:\n    kind: local", "  public.settings:\n    kind: lokal\n    colum: x"))
                .hasMessageContaining("did you mean local?")
                .hasMessageContaining("unknown key colum (did you mean column?)");
    }

    @Test
    void kindsThatDoNotFitTheTable_areRefused() {
        refused(edited("  public.log:\n    kind: local", "  public.log:\n    kind: reference"))
                .hasMessageContaining("public.log is partitioned");
        refused(edited("  public.twice:\n    kind: local", "  public.twice:\n    kind: reference"))
                .hasMessageContaining("public.twice takes part in an inheritance");
        refused(edited("  public.settings:\n    kind: local", "  public.settings:\n    kind: distributed"))
                .hasMessageContaining("public.settings: a distributed table needs a column");
        refused(edited(
                        "  public.settings:\n    kind: local",
                        "  public.settings:\n    kind: reference\n    column: key"))
                .hasMessageContaining("only a distributed table has a column");
        refused(edited("  public.settings:\n    kind: local", "  public.settings:\n    kind: local\n    colocation: a"))
                .hasMessageContaining("is in no colocation group");
    }

    @Test
    void domainAsDistributionColumn_isRefused() {
        refused(proposed().replaceFirst("column: company_id", "column: d")).hasMessageContaining("is of a domain");
    }

    @Test
    void colocationOfDifferentTypes_isRefused() {
        refused(edited(
                        "  public.settings:\n    kind: local",
                        "  public.settings:\n    kind: distributed\n    column: key\n    colocation: companies"))
                .hasMessageContaining("need the same type")
                .hasMessageContaining("text");
    }

    @Test
    void brokenYaml_isRefusedWithItsLine() {
        refused("version: 1\ntables:\n  a: [\n").hasMessageContaining("at line");
        refused("version: 1\ntables:\n  public.ads:\n    kind: local\n  public.ads:\n    kind: local\n")
                .hasMessageContaining("Duplicate");
    }

    @Test
    void missingParts_areRefused() {
        refused("").hasMessageContaining("version: 1").hasMessageContaining("tables is missing");
        refused("version: 2\nshard_count: many\ntables: {}\n")
                .hasMessageContaining("version: 1")
                .hasMessageContaining("shard_count 'many'")
                .hasMessageContaining("not in the plan: public.companies");
        refused("version: 1\ntables: [a]\n").hasMessageContaining("tables is missing");
        refused("version: 1\ntables:\n  public.ads: local\n").hasMessageContaining("public.ads: kind is missing");
    }
}
