package org.pg2citus.runner.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.check.Finding;

class ScriptBuilderTest {

    private static final SchemaPlan PLAN = SchemaPlanner.plan(ShopDump.model());

    private static List<String> statements(SchemaPlan plan, Section section) {
        return ShopDump.built(plan).script().of(section).stream()
                .map(SchemaStatement::shortSql)
                .toList();
    }

    private static int position(List<String> statements, String part) {
        List<String> found =
                statements.stream().filter(sql -> sql.contains(part)).toList();
        assertThat(found).as(part).hasSize(1);
        return statements.indexOf(found.get(0));
    }

    private static List<String> messages(SchemaPlan plan) {
        return ShopDump.built(plan).findings().stream()
                .map(finding -> finding.code() + " " + finding.object() + ": " + finding.message())
                .toList();
    }

    @Test
    void keys_areWidenedByTheDistributionColumn() {
        List<String> before = statements(PLAN, Section.BEFORE_COPY);

        assertThat(before)
                .contains("ALTER TABLE ONLY public.ads ADD CONSTRAINT ads_pkey PRIMARY KEY (id, \"company_id\")")
                .contains("ALTER TABLE ONLY public.clicks_2025 ADD CONSTRAINT clicks_2025_pkey PRIMARY KEY (id, at,"
                        + " \"company_id\")")
                .contains("ALTER TABLE ONLY public.users ADD CONSTRAINT users_mail_key UNIQUE (mail, \"company_id\")")
                .contains("ALTER TABLE ONLY public.countries ADD CONSTRAINT countries_pkey PRIMARY KEY (code)")
                .contains("CREATE UNIQUE INDEX campaigns_by_company ON public.campaigns USING btree (company_id, id)");
        position(
                before,
                "CREATE UNIQUE INDEX users_mail ON public.users USING btree (lower((mail)::text), \"company_id\") ");
    }

    @Test
    void columnOfAPrimaryKey_isMadeNotNullOnceBeforeAnyKeyOfTheTable() {
        List<String> before = statements(PLAN, Section.BEFORE_COPY);

        assertThat(position(before, "\"clicks\" ALTER COLUMN \"company_id\" SET NOT NULL"))
                .isLessThan(position(before, "clicks_pkey PRIMARY KEY"))
                .isLessThan(position(before, "clicks_2025_pkey PRIMARY KEY"));
    }

    @Test
    void tables_areDistributedBehindTheirKeysAndBeforeViews() {
        List<String> before = statements(PLAN, Section.BEFORE_COPY);
        int reference = position(before, "create_reference_table('\"public\".\"countries\"')");
        int root =
                position(before, "create_distributed_table('\"public\".\"companies\"', 'id', colocate_with => 'none')");
        int carrier = position(
                before,
                "create_distributed_table('\"public\".\"ads\"', 'company_id', colocate_with =>"
                        + " '\"public\".\"companies\"')");

        assertThat(List.of(reference, root, carrier)).isSorted();
        assertThat(reference).isGreaterThan(position(before, "users_pkey PRIMARY KEY"));
        assertThat(carrier).isLessThan(position(before, "CREATE VIEW public.busy"));
        assertThat(position(before, "CREATE VIEW public.busy"))
                .as("a function that gives its rows")
                .isLessThan(position(before, "CREATE FUNCTION public.busy_rows"));
        assertThat(position(before, "CREATE MATERIALIZED VIEW public.sums"))
                .isLessThan(position(before, "sums_company_id_idx"));
        assertThat(before).noneMatch(sql -> sql.contains("'\"public\".\"clicks_2025\"'"));
    }

    @Test
    void shardCount_isGivenToTheFirstOfEachGroup() {
        List<String> before = statements(new SchemaPlan(Optional.of(8), PLAN.tables()), Section.BEFORE_COPY);

        position(
                before,
                "create_distributed_table('\"public\".\"companies\"', 'id', colocate_with => 'none', shard_count => 8)");
    }

    @Test
    void indexesForeignKeysAndTriggers_comeAfterTheCopy() {
        List<String> after = statements(PLAN, Section.AFTER_COPY);

        position(after, "CREATE INDEX ads_campaign ");
        position(after, "ALTER INDEX public.clicks_ad_id_idx ATTACH PARTITION public.clicks_2025_ad_id_idx");
        position(after, "users_company_id_fkey FOREIGN KEY (company_id)");
        assertThat(statements(PLAN, Section.BEFORE_COPY))
                .noneMatch(sql -> sql.startsWith("CREATE INDEX"))
                .noneMatch(sql -> sql.contains("FOREIGN KEY"));
        assertThat(position(after, "COMMENT ON INDEX public.ads_campaign"))
                .isEqualTo(1 + position(after, "CREATE INDEX ads_campaign "));
    }

    @Test
    void foreignKeys_areWidenedAndLoseActionsThatCitusRefuses() {
        List<String> after = ShopDump.built(PLAN).script().of(Section.AFTER_COPY).stream()
                .map(SchemaStatement::sql)
                .toList();

        assertThat(after)
                .anyMatch(
                        sql -> sql.endsWith("FOREIGN KEY (campaign_id, \"company_id\") REFERENCES public.campaigns(id,"
                                + " \"company_id\") ON DELETE CASCADE"))
                .anyMatch(sql -> sql.endsWith(
                        "FOREIGN KEY (reviewer, \"company_id\") REFERENCES public.users(id," + " \"company_id\")"))
                .anyMatch(
                        sql -> sql.endsWith("FOREIGN KEY (owner_id, \"id\") REFERENCES public.users(id, \"company_id\")"
                                + " DEFERRABLE INITIALLY DEFERRED"))
                .anyMatch(sql -> sql.endsWith("REFERENCES public.countries(code) ON UPDATE CASCADE"));
    }

    @Test
    void whatIsLeftOut_isSaid() {
        assertThat(messages(PLAN))
                .anyMatch(found -> found.contains("view public.of_left: left out: it needs public.left_out"))
                .anyMatch(found -> found.contains("view public.of_of_left: left out: it needs public.of_left"))
                .anyMatch(found -> found.contains("campaigns_name_runs_excl: left out"))
                .anyMatch(found -> found.contains("trigger public.ads touch: left out"))
                .anyMatch(found -> found.contains("lines lines_ad_id_fkey: left out"))
                .anyMatch(found -> found.contains("refers_left_id_fkey: left out: it needs public.left_out"))
                .anyMatch(found -> found.contains("table Odd Names.Big \"Table: left out"))
                .anyMatch(found -> found.startsWith("SM011 extension pg_trgm"))
                .anyMatch(found -> found.contains("not marked to be clustered"))
                .anyMatch(found -> found.contains("materialized view public.sums"));
        assertThat(ShopDump.built(PLAN).findings())
                .allMatch(finding -> finding.severity() == Finding.Severity.WARNING)
                .allMatch(finding -> !finding.remedy().isBlank());
    }

    @Test
    void everyStatementOfTheDump_isInTheScriptOrSaidToBeLeftOut() {
        ScriptBuilder.Built built = ShopDump.built(PLAN.allLocal());
        List<String> made =
                built.script().statements().stream().map(SchemaStatement::sql).toList();

        for (DumpEntry entry : DumpText.entries(ShopDump.text())) {
            boolean leftOut =
                    built.findings().stream().anyMatch(found -> found.object().equals(entry.toString()));
            boolean extension = entry.type().equals("EXTENSION") || entry.name().startsWith("EXTENSION ");
            if (!leftOut && !extension) {
                assertThat(made).as(entry.toString()).containsAll(entry.statements());
            }
        }
    }

    @Test
    void plainTarget_hasTheSchemaAsItIs() {
        SchemaPlan local = PLAN.allLocal();

        assertThat(statements(local, Section.BEFORE_COPY))
                .contains("ALTER TABLE ONLY public.ads ADD CONSTRAINT ads_pkey PRIMARY KEY (id)")
                .noneMatch(sql -> sql.contains("create_"))
                .noneMatch(sql -> sql.contains("SET NOT NULL"));
        position(statements(local, Section.AFTER_COPY), "CREATE TRIGGER touch BEFORE UPDATE ON public.ads");
        position(statements(local, Section.AFTER_COPY), "REFERENCES public.ads(id)");
    }

    @Test
    void script_isReadAgainAsItWasWritten() {
        SchemaScript script = ShopDump.built(PLAN).script();
        SchemaScript again = SchemaScript.read("s.sql", script.text(List.of("Made for a test; nothing else.")));

        assertThat(again.session()).isEqualTo(script.session());
        for (Section section : Section.values()) {
            assertThat(again.of(section))
                    .extracting(SchemaStatement::sql)
                    .isEqualTo(script.of(section).stream()
                            .map(SchemaStatement::sql)
                            .toList());
        }
    }
}
