package org.pg2citus.deploy.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Runs short programs to their end. */
final class Program {

    /** Far above the slowest of them, {@code initdb} on a loaded machine. */
    private static final long TIMEOUT_SECONDS = 120;

    private Program() {}

    /** What a program printed (both streams) and its exit code; -1 when it could not be started. */
    record Result(int exitCode, String output) {}

    /** @throws IllegalStateException when the program cannot be started or fails, with what it printed */
    static String run(List<String> command) {
        Result result = tryRun(command);
        if (result.exitCode() != 0) {
            throw new IllegalStateException("%s failed with exit code %d: %s"
                    .formatted(
                            String.join(" ", command),
                            result.exitCode(),
                            result.output().strip()));
        }
        return result.output();
    }

    static Result tryRun(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        // PGDATA, PGPORT and the like of the caller's shell must not reach the servers.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        try {
            Process process = builder.start();
            CompletableFuture<Process> ended = process.onExit()
                    .orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .whenComplete((done, tooLate) -> {
                        if (tooLate != null) {
                            process.destroyForcibly();
                        }
                    });
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(ended.join().exitValue(), output);
        } catch (CompletionException e) {
            return new Result(-1, command.get(0) + " did not end within " + TIMEOUT_SECONDS + " s");
        } catch (IOException e) {
            // ProcessBuilder reports a missing program this way.
            return new Result(-1, e.getMessage());
        }
    }
}
