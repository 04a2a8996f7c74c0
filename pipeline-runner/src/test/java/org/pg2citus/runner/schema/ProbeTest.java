package org.pg2citus.runner.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProbeTest {

    private static List<String> asked(String sql) {
        return Probe.of(sql)
                .orElseThrow(() -> new AssertionError("not asked about: " + sql))
                .parameters();
    }

    @Test
    void statements_areAskedAboutByTheirNames() {
        assertThat(asked("CREATE SCHEMA \"Odd Names\"")).containsExactly("Odd Names");
        assertThat(asked("CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public"))
                .containsExactly("citext");
        assertThat(asked("CREATE TYPE public.plan AS ENUM ('a')")).containsExactly("public", "plan");
        assertThat(asked("CREATE UNLOGGED TABLE public.t (id int)")).containsExactly("public", "t", "{r,p}");
        assertThat(asked("CREATE SEQUENCE public.s")).containsExactly("public", "s", "{S,v,m}");
        assertThat(asked("CREATE INDEX i ON ONLY public.t USING btree (a)")).containsExactly("public", "i", "{i,I}");
        assertThat(asked("ALTER TABLE ONLY public.t ADD CONSTRAINT \"C\" PRIMARY KEY (id)"))
                .containsExactly("C", "public", "t");
        assertThat(asked("ALTER TABLE ONLY public.t ATTACH PARTITION public.p DEFAULT"))
                .containsExactly("public", "t", "public", "p");
        assertThat(asked("ALTER TABLE public.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (x)"))
                .containsExactly("id", "public", "t");
        assertThat(asked("CREATE TRIGGER g BEFORE UPDATE OF a ON public.t FOR EACH ROW EXECUTE FUNCTION public.f()"))
                .containsExactly("g", "public", "t");
        assertThat(asked("CREATE RULE r AS ON DELETE TO public.t DO INSTEAD NOTHING"))
                .containsExactly("r", "public", "t");
        assertThat(asked("CREATE FUNCTION public.f(a integer, b numeric(4,2)) RETURNS int LANGUAGE sql AS 'x'"))
                .containsExactly("public", "f", "a integer, b numeric(4,2)");
        assertThat(asked("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'x'"))
                .containsExactly("public", "f", "");
        assertThat(asked("ALTER TABLE public.t CLUSTER ON i")).containsExactly("i", "public", "t");
        assertThat(asked("COMMENT ON COLUMN public.t.\"a.b\" IS 'it''s'"))
                .containsExactly("a.b", "it's", "public", "t");
        assertThat(asked("COMMENT ON CONSTRAINT c ON public.t IS 'x'")).containsExactly("c", "x", "public", "t");
        assertThat(asked("COMMENT ON FUNCTION public.f(a integer) IS 'x'"))
                .containsExactly("public", "f", "a integer", "x");
    }

    @Test
    void distribution_isAskedOfCitusOnly() {
        Probe probe = Probe.of("SELECT create_distributed_table('\"public\".\"t\"', 'id', colocate_with => 'none')")
                .orElseThrow();

        assertThat(probe.citus()).isTrue();
        assertThat(probe.parameters()).containsExactly("\"public\".\"t\"");
        assertThat(Probe.of("ALTER TABLE public.t SET (fillfactor = 70)")
                        .orElseThrow()
                        .citus())
                .isTrue();
    }

    @Test
    void settingOfAColumn_isThereWhenItIsSetOrItsTableDistributed() {
        Probe storage = Probe.of("ALTER TABLE ONLY public.t ALTER COLUMN a SET STORAGE EXTERNAL")
                .orElseThrow();

        assertThat(storage.citus()).isFalse();
        assertThat(storage.sql()).contains("a.attstorage = 'e'");
        assertThat(storage.otherwise().orElseThrow().citus()).isTrue();
        assertThat(Probe.of("ALTER TABLE ONLY public.t ALTER COLUMN a SET STATISTICS 500")
                        .orElseThrow()
                        .sql())
                .contains("a.attstattarget = 500");
    }

    @Test
    void statementsWithoutAName_areNotAskedAbout() {
        assertThat(Probe.of("SELECT 1")).isEmpty();
        assertThat(Probe.of("CREATE OR REPLACE VIEW public.v AS SELECT 1")).isEmpty();
        assertThat(Probe.of("CREATE CAST (a AS b) WITHOUT FUNCTION")).isEmpty();
        assertThat(Probe.of("")).isEmpty();
    }
}
