package org.pg2citus.sink;

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
import org.apache.kafka.connect.cli.ConnectStandalone;
import org.apache.kafka.connect.runtime.Connect;
import org.apache.kafka.connect.runtime.Herder;
import org.apache.kafka.connect.runtime.rest.entities.ConnectorInfo;
import org.apache.kafka.connect.runtime.standalone.StandaloneHerder;
import org.apache.kafka.connect.util.FutureCallback;

/** A real Connect worker with several connectors in a process of its own, so that it can be killed. */
final class StockWorker implements AutoCloseable {

    private static final String READY = "worker is ready";

    /** The process ends by itself when its parent did not live to kill it. */
    private static final long LIFETIME_S = 900;

    private static final long TIMEOUT_S = 120;

    private final Process process;

    private StockWorker(Process process) {
        this.process = process;
    }

    /** Returns when the worker has taken the connectors. */
    static StockWorker start(String bootstrap, Path directory, List<Map<String, String>> connectors)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                StockWorker.class.getName(),
                bootstrap,
                directory.toString()));
        for (Map<String, String> connector : connectors) {
            Path file = directory.resolve(connector.get("name") + ".properties");
            Properties properties = new Properties();
            properties.putAll(connector);
            try (var out = Files.newBufferedWriter(file)) {
                properties.store(out, null);
            }
            command.add(file.toString());
        }
        Process process = new ProcessBuilder(command)
                .redirectError(directory.resolve("worker.log").toFile())
                .start();
        StockWorker worker = new StockWorker(process);
        worker.awaitReady(directory);
        return worker;
    }

    /** Ends it as {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            throw new AssertionError("the worker did not die");
        }
    }

    private void awaitReady(Path directory) throws IOException {
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.equals(READY)) {
                drain(out);
                return;
            }
        }
        throw new AssertionError("the worker ended, see " + directory.resolve("worker.log"));
    }

    private static void drain(BufferedReader out) {
        Thread thread = new Thread(() -> {
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

    /** Bootstrap servers, the worker's folder, files with the connectors' settings. */
    public static void main(String[] arguments) throws Exception {
        Map<String, String> worker = new HashMap<>(Map.of(
                "bootstrap.servers", arguments[0],
                "listeners", "http://127.0.0.1:0",
                "plugin.discovery", "service_load",
                "offset.storage.file.filename",
                        Path.of(arguments[1]).resolve("offsets").toString(),
                "offset.flush.interval.ms", "500",
                "connector.client.config.override.policy", "All",
                "key.converter", "org.apache.kafka.connect.json.JsonConverter",
                "value.converter", "org.apache.kafka.connect.json.JsonConverter",
                "header.converter", "org.apache.kafka.connect.json.JsonConverter",
                "value.converter.replace.null.with.default", "false"));
        Connect<StandaloneHerder> connect = new ConnectStandalone().startConnect(worker);
        for (int i = 2; i < arguments.length; i++) {
            Properties properties = new Properties();
            try (var in = Files.newBufferedReader(Path.of(arguments[i]))) {
                properties.load(in);
            }
            Map<String, String> settings = new HashMap<>();
            properties.forEach((key, value) -> settings.put((String) key, (String) value));
            FutureCallback<Herder.Created<ConnectorInfo>> created = new FutureCallback<>();
            connect.herder().putConnectorConfig(settings.get("name"), settings, true, created);
            created.get(TIMEOUT_S, TimeUnit.SECONDS);
        }
        System.out.println(READY);
        Thread.sleep(TimeUnit.SECONDS.toMillis(LIFETIME_S));
        Runtime.getRuntime().halt(1);
    }
}
