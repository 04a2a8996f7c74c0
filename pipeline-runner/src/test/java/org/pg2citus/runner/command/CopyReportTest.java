package org.pg2citus.runner.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.event.MigrationEvent.CopyProgressed;
import org.pg2citus.runner.event.MigrationEvent.Notice;
import org.pg2citus.runner.event.TableProgress;
import org.pg2citus.runner.event.TableProgress.State;
import org.pg2citus.sink.change.TableId;

/** How a copy is told: on a terminal, in a log, to a program. */
class CopyReportTest {

    private static final CopyProgressed HALF = new CopyProgressed(
            List.of(
                    TableProgress.resting(new TableId("public", "done"), State.COPIED, 1_000, 10_240, 900),
                    new TableProgress(
                            new TableId("public", "orders"),
                            State.COPYING,
                            500,
                            2_048,
                            2_000,
                            100,
                            1_024,
                            Optional.of(Duration.ofSeconds(15))),
                    TableProgress.resting(new TableId("public", "later"), State.WAITING, 0, 0, 100)),
            100,
            1_024,
            Optional.of(Duration.ofSeconds(75)));

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);

    @Test
    void terminal_writesTheTableOverItself() {
        TextReport report = new TextReport(out, false, false);

        report.on(HALF);
        report.on(HALF);
        report.on(new Notice("something"));

        assertThat(text()).contains("copy [", "1/3 tables", "1,500 rows", "about 1 min 15 s left");
        assertThat(text().lines())
                .filteredOn(line -> line.contains("public.orders"))
                .hasSize(2)
                .allMatch(line -> line.matches(".*public\\.orders +500 +2\\.0 kB +25 % +100 +1\\.0 kB +15\\.0 s.*"));
        // Three lines are taken back, before the second measurement and before the note.
        assertThat(text().split("\\r\\033\\[2A\\033\\[J", -1)).hasSize(3);
    }

    @Test
    void log_hasOneLineNowAndThenAndNoTerminalCodes() {
        TextReport report = new TextReport(out, true, false);

        report.on(HALF);
        report.on(HALF);

        assertThat(text().lines()).singleElement().asString().contains("copy [", "1/3 tables", "100 rows/s");
        assertThat(text()).doesNotContain("\033");
    }

    @Test
    void program_getsAnObjectForEachMeasurement() throws Exception {
        new JsonReport(out).on(HALF);

        JsonNode line = new ObjectMapper().readTree(text());
        assertThat(line.get("event").asText()).isEqualTo("copy");
        assertThat(line.get("secondsLeft").asLong()).isEqualTo(75);
        JsonNode orders = line.get("tables").get(1);
        assertThat(orders.get("table").asText()).isEqualTo("orders");
        assertThat(orders.get("state").asText()).isEqualTo("COPYING");
        assertThat(orders.get("rows").asLong()).isEqualTo(500);
        assertThat(orders.get("bytesPerSecond").asLong()).isEqualTo(1_024);
        assertThat(orders.get("secondsLeft").asLong()).isEqualTo(15);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }
}
