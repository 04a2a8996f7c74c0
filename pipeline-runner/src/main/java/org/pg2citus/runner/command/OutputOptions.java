package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.pg2citus.runner.event.MigrationListener;
import picocli.CommandLine.Option;

/** The flags that say how a command talks. */
final class OutputOptions {

    /** For people or for programs. */
    enum Format {
        text,
        json
    }

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text for people, json for programs: one object per line (default: ${DEFAULT-VALUE}).")
    private Format format;

    @Option(
            names = {"-q", "--quiet"},
            description = "Say only what went wrong.")
    private boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "Say more: each table, each restart, and the stack trace of an unexpected error.")
    private boolean verbose;

    @Option(names = "--no-color", description = "No colours and no line that is written over.")
    private boolean noColor;

    boolean isJson() {
        return format == Format.json;
    }

    boolean isQuiet() {
        return quiet;
    }

    boolean isVerbose() {
        return verbose;
    }

    /** Colours and a living line only where a person looks at a terminal that wants them. */
    @SuppressWarnings("SystemConsoleNull") // Main has newer Java behave as Java 17 does
    boolean isPlain() {
        return noColor || System.console() == null || System.getenv("NO_COLOR") != null;
    }

    /** Tells what is done, in the form that was asked for. */
    MigrationListener listener() {
        if (quiet) {
            return event -> {};
        }
        return isJson() ? new JsonReport(System.out) : new TextReport(System.out, isPlain(), verbose);
    }

    /** Says in one line what was done; for programs with one more value, which may be null. */
    void say(String event, String text, String key, String value) {
        if (isJson()) {
            System.out.println(
                    new ObjectMapper().createObjectNode().put("event", event).put(key, value));
        } else if (!quiet) {
            System.out.println(text);
        }
    }
}
