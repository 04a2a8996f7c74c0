package org.pg2citus.runner.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class DumpTextTest {

    private static DumpEntry entry(List<DumpEntry> entries, String type, String name) {
        return entries.stream()
                .filter(entry -> entry.type().equals(type) && entry.name().equals(name))
                .reduce((one, other) -> {
                    throw new AssertionError("twice: " + one);
                })
                .orElseThrow();
    }

    @Test
    void realDump_isCutIntoItsObjects() {
        List<DumpEntry> entries = DumpText.entries(ShopDump.text());

        assertThat(entries).hasSizeGreaterThan(80);
        assertThat(entries).extracting(DumpEntry::type).contains("SCHEMA", "EXTENSION", "TYPE", "DOMAIN", "TABLE");
        assertThat(entry(entries, "TABLE", "Big \"Table").schema()).isEqualTo("Odd Names");
        assertThat(entry(entries, "FK CONSTRAINT", "ads ads_campaign_id_fkey").statements())
                .containsExactly("ALTER TABLE ONLY public.ads\n"
                        + "    ADD CONSTRAINT ads_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES"
                        + " public.campaigns(id) ON DELETE CASCADE");
    }

    @Test
    void objectOfSeveralStatements_hasAllOfThem() {
        List<DumpEntry> entries = DumpText.entries(ShopDump.text());

        assertThat(entry(entries, "TABLE", "ads").statements()).hasSize(3);
        assertThat(entry(entries, "INDEX", "ads_campaign").statements())
                .hasSize(2)
                .anyMatch(sql -> sql.contains("CLUSTER ON"));
    }

    @Test
    void headerWithinABody_isNone() {
        List<DumpEntry> entries = DumpText.entries(ShopDump.text());

        assertThat(entries).noneMatch(entry -> entry.name().equals("fake"));
        assertThat(entry(entries, "FUNCTION", "touch()").statements()).hasSize(1);
        assertThat(entry(entries, "FUNCTION", "total(bigint)").statements()).hasSize(1);
    }

    @Test
    void settingsOfPgDump_areNoStatementsOfAnObject() {
        assertThat(DumpText.entries(ShopDump.text()))
                .flatExtracting(DumpEntry::statements)
                .noneMatch(sql -> sql.startsWith("SET "))
                .noneMatch(sql -> sql.contains("restrict"));
    }

    @Test
    void dumpThatWasCutOff_isRefused() {
        String text = ShopDump.text();

        assertThatThrownBy(() -> DumpText.entries(text.substring(0, text.length() / 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not end");
        assertThat(DumpText.entries("")).isEmpty();
    }
}
