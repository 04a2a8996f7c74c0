package org.pg2citus.runner.migrate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.command.RootCommand;
import org.pg2citus.runner.config.MigrationSettings;

/** The commands as a script uses them: flags in, JSON and an exit code out. */
class CommandIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private record Ended(int exitCode, String output) {}

    private static Ended execute(String... arguments) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            return new Ended(RootCommand.commandLine().execute(arguments), out.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(before);
        }
    }

    @Test
    void migrateAndStatus_tellScriptsWhatTheyNeed() throws Exception {
        String from = TestDatabases.create(TestDatabases.source());
        String to = TestDatabases.create(TestDatabases.target());
        String sourceUrl = TestDatabases.source().jdbcUrl(from);
        String targetUrl = TestDatabases.target().jdbcUrl(to);
        for (String url : List.of(sourceUrl, targetUrl)) {
            TestDatabases.execute(
                    url, "CREATE TABLE kept (id int PRIMARY KEY)", "CREATE TABLE left_out (id int PRIMARY KEY)");
        }
        TestDatabases.execute(sourceUrl, "INSERT INTO kept SELECT generate_series(1, 321)", "ANALYZE");
        MigrationSettings settings = TestDatabases.settings(
                TestDatabases.address(TestDatabases.source(), from),
                TestDatabases.address(TestDatabases.target(), to),
                directory.resolve("data"));
        String[] which = {
            "--source=postgresql://postgres@127.0.0.1:%d/%s"
                    .formatted(settings.source().port(), from),
            "--target=postgresql://postgres@127.0.0.1:%d/%s"
                    .formatted(settings.target().port(), to),
            "--name=" + settings.name(),
            "--data-dir=" + settings.dataDir(),
            "--output=json"
        };

        assertThat(execute("status", which[0], which[1], which[2], which[3], which[4])
                        .exitCode())
                .as("nothing has begun")
                .isEqualTo(3);

        Ended migrated = execute(
                "migrate",
                which[0],
                which[1],
                which[2],
                which[3],
                which[4],
                "--exclude-tables=left_*",
                "--until-caught-up");

        assertThat(migrated.exitCode()).as(migrated.output()).isZero();
        List<String> events = migrated.output()
                .lines()
                .map(CommandIT::parsed)
                .map(line -> line.path("event").asText())
                .toList();
        assertThat(events).contains("step", "checks", "slot", "copy", "table_copied", "lag", "caught_up");

        Ended asked = execute("status", which[0], which[1], which[2], which[3], which[4]);

        assertThat(asked.exitCode()).isZero();
        JsonNode status = parsed(asked.output());
        assertThat(status.path("phase").asText()).isEqualTo("STREAMING");
        assertThat(status.path("slotLost").asBoolean()).isFalse();
        assertThat(status.path("slot").path("active").asBoolean()).isFalse();
        assertThat(status.path("tables")).hasSize(1);
        assertThat(status.path("tables").path(0).path("table").asText()).isEqualTo("kept");
        assertThat(status.path("tables").path(0).path("rows").asLong()).isEqualTo(321);
        assertThat(execute("status", which[0], which[1], which[2], which[3]).output())
                .contains("migration %s  STOPPED  STREAMING  tables 1/1 copied".formatted(settings.name()))
                .contains("public.kept");
        assertIsWatched(settings);
        assertIsServed(settings);

        TestDatabases.execute(sourceUrl, "SELECT pg_drop_replication_slot('%s')".formatted(settings.slot()));

        assertThat(execute("status", which[0], which[1], which[2], which[3], which[4])
                        .exitCode())
                .as("the slot is gone")
                .isEqualTo(11);
    }

    private void assertIsWatched(MigrationSettings settings) throws Exception {
        ChildProcess watching = ChildProcess.start(
                "status", settings, directory.resolve("watch.log"), "--watch", "--interval", "1", "--output", "json");
        for (int tenths = 0; watching.output().lines().count() < 3 && tenths < 600; tenths++) {
            Thread.sleep(100);
        }

        assertThat(watching.terminate()).as(watching.output()).isZero();
        assertThat(watching.output().lines().map(CommandIT::parsed))
                .hasSizeGreaterThanOrEqualTo(3)
                .allMatch(status -> status.path("summary").asText().equals("STOPPED"));
    }

    private void assertIsServed(MigrationSettings settings) throws Exception {
        ChildProcess serving = ChildProcess.start("status", settings, directory.resolve("web.log"), "--web", "0");
        serving.awaitOutput("until stopped");
        String url = serving.output().replaceFirst("(?s).*status at (\\S+) until stopped.*", "$1");
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(url + "status.json")).build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(parsed(answer.body()).path("tables").path(0).path("rows").asLong())
                .isEqualTo(321);
        assertThat(serving.terminate()).as(serving.output()).isZero();
    }

    private static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + json, e);
        }
    }
}
