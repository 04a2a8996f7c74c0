package org.pg2citus.runner.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.deploy.local.CitusInstallation;
import org.pg2citus.runner.Main;

/** The command as a user runs it, in a process with a folder of its own for temporary files. */
@Timeout(300)
class DemoIT {

    @TempDir
    private Path temporary;

    @Test
    void demo_plainTarget_provesItAndLeavesNothing() throws Exception {
        try (Run run = new Run("--target", "plain", "--stream-seconds", "3")) {
            List<String> lines = run.finish();
            assertThat(run.exitCode()).as(text(lines)).isZero();
            assertThat(lines)
                    .anyMatch(line -> line.startsWith("PROVEN in "))
                    .anyMatch(line -> line.contains("the target was plain PostgreSQL"))
                    .noneMatch(line -> line.contains("\033") || line.contains("DIFFERENT") || line.contains("FAIL"));
            assertThat(lines.get(lines.size() - 1)).isEqualTo("Slot, publication, servers and files are removed.");
            assertThat(temporary).isEmptyDirectory();
        }
    }

    @Test
    void demo_citusKeptThenInterrupted_provesItAndLeavesNothing() throws Exception {
        if (System.getenv("PG2CITUS_CITUS_URL") == null
                && CitusInstallation.find().isEmpty()) {
            System.out.println("SKIPPED, no Citus found");
            Assumptions.abort("no Citus found");
        }
        try (Run run = new Run("--target", "citus", "--stream-seconds", "3", "--keep")) {
            List<String> lines = run.until("target: postgresql://");
            assertThat(lines)
                    .anyMatch(line -> line.startsWith("PROVEN in "))
                    .anyMatch(line -> line.matches("  target +Citus 1.*"))
                    .anyMatch(line -> line.matches("  ads +distributed .* equal"))
                    .anyMatch(line -> line.matches("  countries +reference .* equal"))
                    .anyMatch(line -> line.matches("  app_settings +local .* equal"));
            run.interrupt();
            List<String> rest = run.finish();
            assertThat(run.exitCode()).as(text(rest)).isZero();
            assertThat(temporary).isEmptyDirectory();
        }
    }

    @Test
    void demo_interruptedWhileStreaming_saysThatNothingIsProvenAndLeavesNothing() throws Exception {
        try (Run run = new Run("--target", "plain", "--stream-seconds", "250")) {
            run.until("streaming for 250 s");
            run.interrupt();
            List<String> rest = run.finish();
            assertThat(run.exitCode()).as(text(rest)).isZero();
            assertThat(rest).contains("Stopped before the end: nothing is proven. Nothing is left behind.");
            assertThat(temporary).isEmptyDirectory();
        }
    }

    private static String text(List<String> lines) {
        return String.join("\n", lines);
    }

    /** One run of the command; its output has to be read to the end, or its process ends with the test. */
    private final class Run implements AutoCloseable {

        private final Process process;
        private final BufferedReader output;

        Run(String... arguments) throws IOException {
            List<String> command = new ArrayList<>(List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-Djava.io.tmpdir=" + temporary,
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName(),
                    "demo",
                    "--companies=20",
                    "--clicks=2000",
                    "--rate=60"));
            command.addAll(List.of(arguments));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            output = process.inputReader();
        }

        List<String> until(String part) throws IOException {
            List<String> lines = new ArrayList<>();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
                if (line.contains(part)) {
                    return lines;
                }
            }
            throw new AssertionError("no line with '" + part + "' in:\n" + text(lines));
        }

        List<String> finish() throws Exception {
            List<String> lines = output.lines().toList();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return lines;
        }

        int exitCode() {
            return process.exitValue();
        }

        /** Ctrl-C. */
        void interrupt() throws Exception {
            new ProcessBuilder("sh", "-c", "kill -INT " + process.pid()).start().waitFor();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
