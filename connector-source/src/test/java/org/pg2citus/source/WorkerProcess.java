package org.pg2citus.source;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/** A Connect worker with one connector in a process of its own, so that it can be killed. */
final class WorkerProcess implements AutoCloseable {

    private static final String READY = "worker is ready";
    /** The process ends by itself when its parent did not live to kill it. */
    private static final long LIFETIME_S = 600;

    private final Process process;

    private WorkerProcess(Process process) {
        this.process = process;
    }

    /** Returns when the connector's task runs. */
    static WorkerProcess start(String bootstrap, Path directory, Map<String, String> connector) throws Exception {
        Path settings = directory.resolve("connector.properties");
        var properties = new Properties();
        properties.putAll(connector);
        try (var out = Files.newBufferedWriter(settings)) {
            properties.store(out, null);
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                WorkerProcess.class.getName(),
                bootstrap,
                directory.toString(),
                settings.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var worker = new WorkerProcess(process);
        worker.awaitReady();
        return worker;
    }

    /** Ends it as {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            throw new AssertionError("the worker did not die");
        }
    }

    private void awaitReady() throws IOException {
        var out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        List<String> lines = new ArrayList<>();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.equals(READY)) {
                drain(out);
                return;
            }
            lines.add(line);
        }
        throw new AssertionError("the worker ended: " + String.join("\n", lines));
    }

    private static void drain(BufferedReader out) {
        var thread = new Thread(() -> {
            try {
                while (out.readLine() != null) {
                    // A full pipe would stop the worker.
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Bootstrap servers, directory of the worker's offsets, file with the connector's settings. */
    public static void main(String[] arguments) {
        try {
            run(arguments);
        } catch (Throwable e) {
            // The worker's own threads would keep the process, and the test waiting.
            e.printStackTrace(System.out);
        }
        System.out.flush();
        Runtime.getRuntime().halt(1);
    }

    private static void run(String[] arguments) throws Exception {
        var properties = new Properties();
        try (var in = Files.newBufferedReader(Path.of(arguments[2]))) {
            properties.load(in);
        }
        Map<String, String> settings = new HashMap<>();
        properties.forEach((key, value) -> settings.put((String) key, (String) value));
        TestWorker worker = TestWorker.start(arguments[0], Path.of(arguments[1]), Map.of());
        worker.create(settings.get("name"), settings);
        worker.awaitTaskState(settings.get("name"), "RUNNING");
        System.out.println(READY);
        Thread.sleep(TimeUnit.SECONDS.toMillis(LIFETIME_S));
    }
}
