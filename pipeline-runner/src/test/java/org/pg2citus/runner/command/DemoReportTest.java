package org.pg2citus.runner.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.demo.Books;
import org.pg2citus.runner.demo.Comparison;
import org.pg2citus.runner.demo.DemoResult;
import org.pg2citus.runner.demo.LoadCounts;
import org.pg2citus.runner.demo.LoadKind;
import org.pg2citus.runner.demo.LookCounts;
import org.pg2citus.runner.demo.TableDigest;
import org.pg2citus.sink.change.TableId;

class DemoReportTest {

    private static final TableDigest ADS = new TableDigest(20_000, "00000000000000ab00000000000000cd");

    @Test
    void text_equalOnCitus_saysWhatIsProvenAndOnWhat() {
        assertThat(DemoReport.text(result(true, Optional.of(ADS))).lines())
                .contains(
                        "PROVEN in 58.6 s: a database under load was migrated, and both sides are equal.",
                        "  target    Citus 13 (coordinator and 2 workers)",
                        "  copied    234,649 rows in 2.1 s, while the application wrote",
                        "  streamed  3,496 transactions with 161,370 row changes; lag median 30 ms, worst 1.2 s of 3"
                                + " measurements",
                        "  ads           distributed      20,000  00000000000000ab00000000000000cd equal",
                        "        12  deletes",
                        "  ok   1 tables, 20,000 rows: number of rows and hash of every column are the same on both sides")
                .noneMatch(line -> line.contains("FAIL") || line.contains("plain PostgreSQL"));
    }

    @Test
    void text_equalOnPlainPostgres_saysThatCitusIsNotShown() {
        assertThat(DemoReport.text(result(false, Optional.of(ADS))).lines())
                .anyMatch(line -> line.startsWith("PROVEN"))
                .anyMatch(line -> line.startsWith("  - Citus: the target was plain PostgreSQL"));
    }

    @Test
    void text_different_showsBothSidesOfTheTable() {
        TableDigest other = new TableDigest(19_999, "00000000000000ab00000000000000ce");
        assertThat(DemoReport.text(result(true, Optional.of(other))).lines())
                .contains(
                        "NOT PROVEN: see below.",
                        "  ads           distributed      20,000  00000000000000ab00000000000000cd DIFFERENT",
                        "                                 19,999  00000000000000ab00000000000000ce")
                .anyMatch(line -> line.startsWith("  FAIL 1 tables"));
    }

    @Test
    void json_missingOnTarget_isNull() {
        assertThat(DemoReport.json(result(true, Optional.empty())).toString())
                .contains("\"proven\":false")
                .contains(
                        "{\"schema\":\"public\",\"table\":\"ads\",\"equal\":false,\"sourceRows\":20000,\"targetRows\":null}");
    }

    private static DemoResult result(boolean citus, Optional<TableDigest> target) {
        return new DemoResult(
                "PostgreSQL 15.19",
                citus ? "Citus 13 (coordinator and 2 workers)" : "plain PostgreSQL 15.19",
                citus,
                Map.of("ads", citus ? "distributed" : "plain"),
                234_649,
                Duration.ofMillis(2_100),
                3_496,
                161_370,
                List.of(30L, 1_200L, 20L),
                new LoadCounts(Map.of(LoadKind.DELETE_AD, 12L), 12, 0),
                new LookCounts(2_000, 0),
                new Books(0, 0, 100),
                new Comparison(List.of(new Comparison.Pair(new TableId("public", "ads"), Optional.of(ADS), target))),
                Duration.ofMillis(58_600));
    }
}
