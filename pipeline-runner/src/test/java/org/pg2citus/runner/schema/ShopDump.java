package org.pg2citus.runner.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pg2citus.runner.schema.SourceReference.Action;
import org.pg2citus.sink.change.TableId;

/** What pg_dump 15 has written of a database with many kinds of objects, and the same database as a model. */
final class ShopDump {

    private ShopDump() {}

    static String text() {
        try (InputStream stream = ShopDump.class.getResourceAsStream("shop.sql")) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static SourceModel model() {
        Models models = new Models();
        models.table("ads", "id bigint!", "company_id bigint", "campaign_id bigint!", "reviewer bigint")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .references("campaign_id", "campaigns", "id")
                .references(List.of("reviewer"), "users", List.of("id"), Action.SET_NULL, Action.CASCADE)
                .triggers("touch")
                .add();
        models.table("app_settings", "key text!").primaryKey("key").add();
        models.table("audit", "id integer!").primaryKey("id").triggers("touch").add();
        models.table("campaigns", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .references("company_id", "companies", "id")
                .add();
        models.table("child", "id integer!").inherits().add();
        models.table("clicks", "id bigint!", "at date!", "company_id bigint")
                .primaryKey("id", "at")
                .references("company_id", "companies", "id")
                .partitioned()
                .add();
        models.table("companies", "id bigint!", "name text!", "country character(2)!", "owner_id bigint")
                .primaryKey("id")
                .unique("name")
                .references("country", "countries", "code")
                .references("owner_id", "users", "id")
                .add();
        models.table("countries", "code character(2)!").primaryKey("code").add();
        models.table("lines", "id integer!", "ad_id bigint!")
                .primaryKey("id")
                .references("ad_id", "ads", "id")
                .add();
        models.table("parent", "id integer!").primaryKey("id").inherits().add();
        models.table("refers_left", "id integer!").primaryKey("id").add();
        models.table("samples", "id bigint!", "company_id bigint!")
                .primaryKey("id")
                .add();
        models.table("secrets", "id integer!", "audit_id integer")
                .primaryKey("id")
                .references("audit_id", "audit", "id")
                .add();
        models.table("users", "id bigint!", "company_id bigint!", "mail citext!")
                .primaryKey("id")
                .unique("mail")
                .references("company_id", "companies", "id")
                .references(List.of("boss"), "users", List.of("id"), Action.SET_NULL, Action.NO_ACTION)
                .add();
        return new SourceModel(
                models.model().tables(),
                Map.of(
                        Models.id("clicks_2025"), Models.id("clicks"),
                        Models.id("clicks_rest"), Models.id("clicks")),
                Set.of(Models.id("left_out"), new TableId("Odd Names", "Big \"Table")));
    }

    static ScriptBuilder.Built built(SchemaPlan plan) {
        return ScriptBuilder.build(
                DumpText.entries(text()),
                model(),
                plan,
                new TargetFacts(true, Set.of("citus", "btree_gist", "citext")));
    }
}
