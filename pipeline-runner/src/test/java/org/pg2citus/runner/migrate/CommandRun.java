package org.pg2citus.runner.migrate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.pg2citus.runner.command.RootCommand;
import org.pg2citus.runner.config.MigrationSettings;

/**
 * A command line that was run in this process, with {@code --output=json}.
 *
 * @param output what it said, on both streams
 */
record CommandRun(int exitCode, String output) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static CommandRun of(MigrationSettings settings, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--source=" + ChildProcess.uri(settings.source()));
        all.add("--target=" + ChildProcess.uri(settings.target()));
        all.add("--name=" + settings.name());
        all.add("--data-dir=" + settings.dataDir());
        all.add("--output=json");
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream into = new PrintStream(said, true, StandardCharsets.UTF_8);
        System.setOut(into);
        System.setErr(into);
        try {
            int exitCode = RootCommand.commandLine().execute(all.toArray(String[]::new));
            return new CommandRun(exitCode, said.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** The last line that it said, which is its result. */
    JsonNode result() {
        List<String> lines = output.lines().toList();
        try {
            return JSON.readTree(lines.get(lines.size() - 1));
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + output, e);
        }
    }

    /** Of an error that ended it. */
    String code() {
        return result().path("code").asText();
    }
}
