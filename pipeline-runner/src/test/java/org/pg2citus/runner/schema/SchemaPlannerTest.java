package org.pg2citus.runner.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.schema.SourceReference.Action;
import org.pg2citus.sink.change.TableId;

class SchemaPlannerTest {

    private final Models source = new Models();

    /** Each table as {@code kind column colocation}. */
    private Map<String, String> planned() {
        Map<String, String> planned = new LinkedHashMap<>();
        SchemaPlanner.plan(source.model())
                .tables()
                .forEach(plan -> planned.put(
                        plan.table().name(),
                        (plan.kind().word() + " " + plan.column().orElse("") + " "
                                        + plan.colocation().orElse(""))
                                .strip()));
        return planned;
    }

    private List<String> reasons(String table) {
        return SchemaPlanner.plan(source.model())
                .of(Models.id(table))
                .orElseThrow()
                .reasons();
    }

    private void companies() {
        source.table("companies", "id bigint!", "name text!")
                .primaryKey("id")
                .size(500, 1)
                .add();
    }

    @Test
    void emptySource_hasAnEmptyPlan() {
        assertThat(planned()).isEmpty();
    }

    @Test
    void multiTenantDemo_isDistributedByCompany() {
        source.table("countries", "code character(2)!", "name text!")
                .primaryKey("code")
                .size(240, 1)
                .add();
        source.table("app_settings", "key text!", "value jsonb!")
                .primaryKey("key")
                .size(20, 1)
                .add();
        source.table("companies", "id bigint!", "country character(2)!")
                .primaryKey("id")
                .references("country", "countries", "code")
                .size(500, 1)
                .add();
        source.table("campaigns", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(5_000, 5)
                .add();
        source.table("ads", "id bigint!", "company_id bigint!", "campaign_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .references("campaign_id", "campaigns", "id")
                .size(20_000, 40)
                .add();
        source.table("clicks", "company_id bigint!", "id bigint!", "ad_id bigint!")
                .primaryKey("company_id", "id")
                .size(200_000, 300)
                .add();
        source.table("entries", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .size(10_000, 2)
                .add();

        assertThat(planned())
                .containsEntry("countries", "reference")
                .containsEntry("app_settings", "local")
                .containsEntry("companies", "distributed id companies")
                .containsEntry("campaigns", "distributed company_id companies")
                .containsEntry("ads", "distributed company_id companies")
                .containsEntry("clicks", "distributed company_id companies")
                .containsEntry("entries", "distributed company_id companies");
        assertThat(reasons("companies").get(0)).contains("4 other tables", "347 MB");
        assertThat(reasons("clicks").get(0)).contains("no foreign key says so", "company_id");
        assertThat(reasons("ads").get(0)).contains("ads_company_id_fkey", "public.companies");
        assertThat(reasons("app_settings").get(0)).contains("coordinator");
    }

    @Test
    void tpcB_withoutForeignKeys_isDistributedByBranch() {
        source.table("pgbench_branches", "bid integer!", "bbalance integer")
                .primaryKey("bid")
                .size(100, 1)
                .add();
        source.table("pgbench_tellers", "tid integer!", "bid integer")
                .primaryKey("tid")
                .size(1000, 1)
                .add();
        source.table("pgbench_accounts", "aid integer!", "bid integer")
                .primaryKey("aid")
                .size(10_000_000, 1300)
                .add();
        source.table("pgbench_history", "tid integer", "bid integer", "aid integer", "mtime timestamp")
                .size(50_000_000, 2000)
                .add();

        assertThat(planned())
                .containsEntry("pgbench_branches", "distributed bid pgbench_branches")
                .containsEntry("pgbench_tellers", "distributed bid pgbench_branches")
                .containsEntry("pgbench_accounts", "distributed bid pgbench_branches")
                .containsEntry("pgbench_history", "distributed bid pgbench_branches");
    }

    @Test
    void tpcBOfOneBranch_isDistributedByWhatHasValues() {
        source.table("pgbench_branches", "bid integer!")
                .primaryKey("bid")
                .size(1, 1)
                .add();
        source.table("pgbench_tellers", "tid integer!", "bid integer")
                .primaryKey("tid")
                .size(10, 1)
                .add();
        source.table("pgbench_accounts", "aid integer!", "bid integer")
                .primaryKey("aid")
                .size(3_000_000, 400)
                .add();

        assertThat(planned())
                .containsEntry("pgbench_branches", "local")
                .containsEntry("pgbench_accounts", "distributed aid pgbench_accounts");
    }

    @Test
    void keyHandedOnByCompositeForeignKeys_isFollowed() {
        source.table("warehouse", "w_id integer!")
                .primaryKey("w_id")
                .size(200, 1)
                .add();
        source.table("district", "d_w_id integer!", "d_id integer!")
                .primaryKey("d_w_id", "d_id")
                .references("d_w_id", "warehouse", "w_id")
                .size(2000, 1)
                .add();
        source.table("customer", "c_w_id integer!", "c_d_id integer!", "c_id integer!")
                .primaryKey("c_w_id", "c_d_id", "c_id")
                .references(
                        List.of("c_w_id", "c_d_id"),
                        "district",
                        List.of("d_w_id", "d_id"),
                        Action.NO_ACTION,
                        Action.NO_ACTION)
                .size(6_000_000, 4000)
                .add();
        source.table("item", "i_id integer!")
                .primaryKey("i_id")
                .size(100_000, 10)
                .add();
        source.table("stock", "s_w_id integer!", "s_i_id integer!")
                .primaryKey("s_w_id", "s_i_id")
                .references("s_w_id", "warehouse", "w_id")
                .references("s_i_id", "item", "i_id")
                .size(20_000_000, 7000)
                .add();

        assertThat(planned())
                .containsEntry("warehouse", "distributed w_id warehouse")
                .containsEntry("district", "distributed d_w_id warehouse")
                .containsEntry("customer", "distributed c_w_id warehouse")
                .containsEntry("stock", "distributed s_w_id warehouse")
                .containsEntry("item", "reference");
    }

    @Test
    void star_hasReferenceDimensionsAndFactsByTheirKey() {
        for (String dimension : List.of("days", "products", "stores")) {
            source.table(dimension, "id integer!")
                    .primaryKey("id")
                    .size(5000, 2)
                    .add();
        }
        source.table("sales", "id bigint!", "day_id integer!", "product_id integer!", "store_id integer!")
                .primaryKey("id")
                .references("day_id", "days", "id")
                .references("product_id", "products", "id")
                .references("store_id", "stores", "id")
                .size(100_000_000, 9000)
                .add();

        assertThat(planned())
                .containsEntry("days", "reference")
                .containsEntry("products", "reference")
                .containsEntry("stores", "reference")
                .containsEntry("sales", "distributed id sales");
        assertThat(reasons("sales").get(0)).contains("by its own key");
    }

    @Test
    void starWithALargeDimension_isDistributedByThat() {
        source.table("days", "id integer!").primaryKey("id").size(5000, 2).add();
        source.table("customers", "id bigint!")
                .primaryKey("id")
                .size(50_000_000, 6000)
                .add();
        source.table("sales", "id bigint!", "day_id integer!", "customer_id bigint!")
                .primaryKey("id")
                .references("day_id", "days", "id")
                .references("customer_id", "customers", "id")
                .size(100_000_000, 9000)
                .add();

        assertThat(planned())
                .containsEntry("days", "reference")
                .containsEntry("customers", "distributed id customers")
                .containsEntry("sales", "distributed customer_id customers");
    }

    @Test
    void factsWithoutAKey_areDistributedByTheColumnWithMostValues() {
        source.table("events", "kind text!", "visitor uuid!", "at timestamp with time zone!", "place uuid")
                .statistics("kind", 0, 5, 0.6)
                .statistics("visitor", 0, 90_000, 0)
                .statistics("place", 0.5, 900_000, 0)
                .size(1_000_000, 900)
                .add();

        assertThat(planned()).containsEntry("events", "distributed visitor events");
        assertThat(reasons("events").get(0)).contains("no suited key");
    }

    @Test
    void largeTableWithoutASuitedColumn_staysOnTheCoordinatorAndSaysSo() {
        source.table("measured", "at timestamp!", "value double precision!", "flag boolean!")
                .size(1_000_000, 900)
                .add();

        assertThat(planned()).containsEntry("measured", "local");
        assertThat(reasons("measured").get(0)).contains("suited", "although it is large");
    }

    @Test
    void unsuitedKeyColumns_areNoRoots() {
        for (String type : List.of("double precision", "domain bigint", "timestamp", "boolean", "bytea", "plan")) {
            Models models = new Models();
            models.table("owners", "id " + type + "!")
                    .primaryKey("id")
                    .size(1000, 1)
                    .add();
            for (String table : List.of("a", "b", "c")) {
                models.table(table, "id bigint!", "owner_id " + type + "!")
                        .primaryKey("id")
                        .references("owner_id", "owners", "id")
                        .size(10_000, 500)
                        .add();
            }
            assertThat(SchemaPlanner.plan(models.model()).tables())
                    .as(type)
                    .noneMatch(plan -> plan.column().equals(Optional.of("owner_id")))
                    .anyMatch(plan -> plan.column().equals(Optional.of("id")));
        }
    }

    @Test
    void selfReference_isNoCarrier() {
        source.table("nodes", "id bigint!", "parent_id bigint")
                .primaryKey("id")
                .references("parent_id", "nodes", "id")
                .size(10_000_000, 900)
                .add();

        assertThat(planned()).containsEntry("nodes", "distributed id nodes");
    }

    @Test
    void cycle_ends() {
        source.table("users", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(50_000, 10)
                .add();
        source.table("companies", "id bigint!", "owner_id bigint")
                .primaryKey("id")
                .references("owner_id", "users", "id")
                .size(1000, 1)
                .add();
        source.table("orders", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(900_000, 400)
                .add();

        assertThat(planned())
                .containsEntry("companies", "distributed id companies")
                .containsEntry("users", "distributed company_id companies")
                .containsEntry("orders", "distributed company_id companies");
    }

    @Test
    void cycleOfSmallTables_staysOnTheCoordinator() {
        source.table("a", "id bigint!", "b bigint")
                .primaryKey("id")
                .references("b", "b", "id")
                .add();
        source.table("b", "id bigint!", "a bigint")
                .primaryKey("id")
                .references("a", "a", "id")
                .add();

        assertThat(planned()).containsEntry("a", "local").containsEntry("b", "local");
    }

    @Test
    void severalColumnsToTheRoot_takeTheSurest() {
        companies();
        source.table("orders", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(1000, 10)
                .add();
        source.table("transfers", "id bigint!", "referrer_id bigint", "to_id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("referrer_id", "companies", "id")
                .references("to_id", "companies", "id")
                .references("company_id", "companies", "id")
                .size(1000, 10)
                .add();

        assertThat(planned()).containsEntry("transfers", "distributed company_id companies");
        assertThat(reasons("transfers").get(0)).contains("so do referrer_id, to_id");
    }

    @Test
    void foreignKeyOfAnotherType_isAGroupOfItsOwn() {
        companies();
        for (String table : List.of("a", "b")) {
            source.table(table, "id bigint!", "company_id bigint!")
                    .primaryKey("id")
                    .references("company_id", "companies", "id")
                    .size(1000, 10)
                    .add();
        }
        source.table("old", "id bigint!", "company_id integer!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(1000, 10)
                .add();

        assertThat(planned()).containsEntry("old", "distributed company_id companies_integer");
        assertThat(reasons("old").get(0)).contains("integer where the key is bigint");
    }

    @Test
    void columnOfTheSameNameThatRefersElsewhere_isNoCarrier() {
        companies();
        source.table("a", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 9)
                .add();
        source.table("b", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 9)
                .add();
        source.table("suppliers", "id bigint!").primaryKey("id").size(100, 1).add();
        source.table("c", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "suppliers", "id")
                .size(9, 1)
                .add();

        assertThat(planned()).containsEntry("c", "local");
    }

    @Test
    void tablesThatLeadToTheRootWithoutItsKey_areDistributedByTheirOwnAndSaySo() {
        companies();
        source.table("orders", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();
        source.table("bills", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();
        source.table("lines", "id bigint!", "order_id bigint!")
                .primaryKey("id")
                .references("order_id", "orders", "id")
                .size(9, 50)
                .add();

        assertThat(planned()).containsEntry("lines", "distributed id lines");
        assertThat(reasons("lines")).anyMatch(reason -> reason.contains("add that column"));
    }

    @Test
    void chainWithoutTheRootsKey_isAGroupOfItsOwn() {
        companies();
        source.table("a", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();
        source.table("b", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();
        source.table("orders", "id bigint!", "a_ref bigint!")
                .primaryKey("id")
                .references("a_ref", "a", "id")
                .size(9_000, 90)
                .add();
        source.table("lines", "id bigint!", "order_id bigint!")
                .primaryKey("id")
                .references("order_id", "orders", "id")
                .size(90_000, 50)
                .add();

        assertThat(planned())
                .containsEntry("orders", "distributed id orders")
                .containsEntry("lines", "distributed order_id orders");
    }

    @Test
    void lookupWithAForeignKeyToADistributedTable_isStillAReferenceTable() {
        companies();
        source.table("users", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(900, 90)
                .add();
        source.table("states", "id integer!", "created_by bigint")
                .primaryKey("id")
                .references("created_by", "users", "id")
                .size(9, 1)
                .add();
        source.table("orders", "id bigint!", "company_id bigint!", "state integer!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .references("state", "states", "id")
                .size(9, 90)
                .add();

        assertThat(planned()).containsEntry("states", "reference");
    }

    @Test
    void lookupOfALookup_isAReferenceTableToo() {
        companies();
        source.table("continents", "id integer!").primaryKey("id").size(7, 1).add();
        source.table("countries", "id integer!", "continent integer!")
                .primaryKey("id")
                .references("continent", "continents", "id")
                .size(200, 1)
                .add();
        source.table("a", "id bigint!", "company_id bigint!", "country integer!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .references("country", "countries", "id")
                .size(9, 90)
                .add();
        source.table("b", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();

        assertThat(planned()).containsEntry("countries", "reference").containsEntry("continents", "reference");
    }

    @Test
    void partitionedLookup_isDistributedAsItCannotBeAReferenceTable() {
        companies();
        source.table("rates", "id bigint!")
                .primaryKey("id")
                .partitioned()
                .size(9_000, 1)
                .add();
        source.table("a", "id bigint!", "company_id bigint!", "rate bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .references("rate", "rates", "id")
                .size(9, 90)
                .add();
        source.table("b", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();

        assertThat(planned()).containsEntry("rates", "distributed id rates");
    }

    @Test
    void partitionedCarrier_isDistributed() {
        companies();
        source.table("clicks", "company_id bigint!", "id bigint!", "at date!")
                .primaryKey("id", "at")
                .partitioned()
                .size(9, 900)
                .add();
        source.table("b", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();

        assertThat(planned()).containsEntry("clicks", "distributed company_id companies");
    }

    @Test
    void inheritance_staysOnTheCoordinator() {
        companies();
        source.table("a", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .inherits()
                .references("company_id", "companies", "id")
                .size(9, 900)
                .add();

        assertThat(planned()).containsEntry("a", "local");
        assertThat(reasons("a").get(0)).contains("inheritance");
    }

    @Test
    void lookupThatEverythingRefersTo_losesAgainstTheTenant() {
        source.table("currencies", "code character(3)!")
                .primaryKey("code")
                .size(150, 1)
                .add();
        companies();
        for (String table : List.of("orders", "bills", "offers")) {
            source.table(table, "id bigint!", "company_id bigint!", "currency character(3)!")
                    .primaryKey("id")
                    .references("company_id", "companies", "id")
                    .references("currency", "currencies", "code")
                    .size(100_000, 300)
                    .add();
        }

        assertThat(planned())
                .containsEntry("currencies", "reference")
                .containsEntry("orders", "distributed company_id companies");
    }

    @Test
    void smallTablesBesideTheTenant_stayTogetherOnTheCoordinator() {
        companies();
        source.table("a", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();
        source.table("b", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .size(9, 90)
                .add();
        source.table("roles", "id bigint!").primaryKey("id").size(90, 1).add();
        source.table("grants", "id bigint!", "role_id bigint!")
                .primaryKey("id")
                .references("role_id", "roles", "id")
                .size(90, 1)
                .add();
        source.table("denials", "id bigint!", "role_id bigint!")
                .primaryKey("id")
                .references("role_id", "roles", "id")
                .size(90, 1)
                .add();

        assertThat(planned())
                .containsEntry("roles", "local")
                .containsEntry("grants", "local")
                .containsEntry("denials", "local");
    }

    @Test
    void rootsOfTheSameName_haveGroupsOfTheirOwn() {
        List<SourceTable> tables = new ArrayList<>();
        for (String schema : List.of("one", "two")) {
            Models models = new Models();
            models.table("events", "id bigint!")
                    .primaryKey("id")
                    .size(9_000_000, 900)
                    .add();
            SourceTable table = models.model().tables().get(0);
            tables.add(new SourceTable(
                    new TableId(schema, "events"),
                    false,
                    false,
                    table.columns(),
                    table.keys(),
                    List.of(),
                    List.of(),
                    List.of(),
                    table.rows(),
                    table.bytes()));
        }

        assertThat(SchemaPlanner.plan(new SourceModel(tables, Map.of(), Set.of()))
                        .tables())
                .extracting(plan -> plan.colocation().orElseThrow())
                .containsExactly("events", "two.events");
    }

    @Test
    void everyTable_isInThePlanOnceAndInOrder() {
        companies();
        source.table("a", "id bigint!", "company_id bigint!").primaryKey("id").add();
        source.table("z").add();

        assertThat(planned().keySet()).containsExactly("companies", "a", "z");
    }
}
