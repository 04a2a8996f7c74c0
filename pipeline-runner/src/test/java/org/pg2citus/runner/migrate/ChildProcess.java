package org.pg2citus.runner.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.pg2citus.runner.Main;
import org.pg2citus.runner.config.MigrationSettings;
import org.pg2citus.runner.config.ServerAddress;

/** {@code pg2citus} as a process of its own, that can be killed. */
public final class ChildProcess {

    private static final int LONGEST_SECONDS = 240;

    private final Process process;
    private final Path output;

    private ChildProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    static ChildProcess migrate(MigrationSettings settings, Path output, String... more) throws IOException {
        return start("migrate", settings, output, more);
    }

    static ChildProcess start(String name, MigrationSettings settings, Path output, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                name,
                "--verbose",
                "--source",
                uri(settings.source()),
                "--target",
                uri(settings.target()),
                "--name",
                settings.name(),
                "--data-dir",
                settings.dataDir().toString()));
        arguments.addAll(List.of(more));
        return start(output, arguments);
    }

    /** Runs any command line. */
    public static ChildProcess start(Path output, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new ChildProcess(process, output);
    }

    /** Waits until it has said one of these. */
    public void awaitOutput(String... texts) throws IOException, InterruptedException {
        for (int tenths = 0; tenths < 10 * LONGEST_SECONDS; tenths++) {
            String said = Files.readString(output);
            if (Arrays.stream(texts).anyMatch(said::contains)) {
                return;
            }
            if (!process.isAlive()) {
                break;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("%s was not said, but:%n%s".formatted(List.of(texts), Files.readString(output)));
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** SIGTERM, and the exit code. */
    public int terminate() throws InterruptedException {
        process.destroy();
        return awaitEnd();
    }

    int awaitEnd() throws InterruptedException {
        if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("it did not end: " + output());
        }
        return process.exitValue();
    }

    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    static String uri(ServerAddress server) {
        return "postgresql://%s@%s:%d/%s".formatted(server.user(), server.host(), server.port(), server.database());
    }
}
