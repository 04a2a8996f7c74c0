package org.pg2citus.runner.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.cli.ConnectStandalone;

/** A Connect worker in a process of its own: it can be frozen and killed, and is controlled by Connect's REST interface. */
final class ConnectWorker implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int START_SECONDS = 120;

    /** The process ends by itself when its parent did not live to kill it. */
    private static final long LIFETIME_MINUTES = 60;

    private final Process process;
    private final URI url;
    private final Path logs;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private ConnectWorker(Process process, URI url, Path logs) {
        this.process = process;
        this.url = url;
        this.logs = logs;
    }

    /**
     * Starts the process, and does not wait for it.
     *
     * @param settings the worker's, on top of JSON converters without schemas
     * @param connectors their settings, {@code name} among them
     */
    static ConnectWorker launch(
            String bootstrapServers, Path directory, Map<String, String> settings, List<Map<String, String>> connectors)
            throws IOException {
        int port = freePort();
        Map<String, String> worker = new HashMap<>(Map.of(
                "bootstrap.servers", bootstrapServers,
                "listeners", "http://127.0.0.1:" + port,
                "plugin.discovery", "service_load",
                "offset.storage.file.filename",
                        directory.resolve("offsets-" + port).toString(),
                "offset.flush.interval.ms", "1000",
                "key.converter", "org.apache.kafka.connect.json.JsonConverter",
                "value.converter", "org.apache.kafka.connect.json.JsonConverter",
                "key.converter.schemas.enable", "false",
                "value.converter.schemas.enable", "false"));
        worker.putAll(settings);
        Path workerFile = store(directory, "worker-" + port, worker);
        Path logs = Files.createDirectories(directory.resolve("worker-" + port));
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx384m",
                "-XX:TieredStopAtLevel=1",
                "-Dpg2citus.log.dir=" + logs,
                "-cp",
                System.getProperty("java.class.path"),
                ConnectWorker.class.getName(),
                workerFile.toString()));
        for (Map<String, String> connector : connectors) {
            command.add(store(directory, connector.get("name") + "-" + port, connector)
                    .toString());
        }
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(logs.resolve("console.log").toFile())
                .start();
        return new ConnectWorker(process, URI.create("http://127.0.0.1:" + port), logs);
    }

    /** Waits until the connector's only task is in this state. */
    void awaitTask(String connector, String state) throws Exception {
        String found = "nothing";
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS); System.nanoTime() < end; ) {
            if (!process.isAlive()) {
                break;
            }
            JsonNode task = task(connector);
            found = task.toString();
            if (task.path("state").asText().equals(state)) {
                return;
            }
            if (task.path("state").asText().equals("FAILED")) {
                break;
            }
            Thread.sleep(50);
        }
        throw new AssertionError(
                "the task of %s is not %s, but %s; log:%n%s".formatted(connector, state, found, log()));
    }

    /** The task's status; an empty node while there is none. */
    JsonNode task(String connector) throws InterruptedException {
        try {
            return JSON.readTree(send("GET", "/connectors/" + connector + "/status", "")
                            .body())
                    .path("tasks")
                    .path(0);
        } catch (IOException e) {
            return JSON.createObjectNode();
        }
    }

    /** What {@code PUT /connector-plugins/.../config/validate} finds: messages by setting. */
    Map<String, List<String>> problems(String connectorClass, Map<String, String> config) throws Exception {
        HttpResponse<String> answer = send(
                "PUT", "/connector-plugins/" + connectorClass + "/config/validate", JSON.writeValueAsString(config));
        Map<String, List<String>> problems = new HashMap<>();
        for (JsonNode setting : JSON.readTree(answer.body()).path("configs")) {
            JsonNode value = setting.path("value");
            for (JsonNode error : value.path("errors")) {
                problems.computeIfAbsent(value.path("name").asText(), name -> new ArrayList<>())
                        .add(error.asText());
            }
        }
        return problems;
    }

    /** A request that must be accepted. */
    void request(String method, String path, String body) throws Exception {
        for (int attempt = 0; ; attempt++) {
            HttpResponse<String> answer = send(method, path, body);
            if (answer.statusCode() / 100 == 2) {
                return;
            }
            // 409: the worker is still at the request before.
            if (answer.statusCode() != 409 || attempt > 50) {
                throw new AssertionError(
                        "%s %s: HTTP %d %s".formatted(method, path, answer.statusCode(), answer.body()));
            }
            Thread.sleep(100);
        }
    }

    void put(String connector, Map<String, String> config) throws Exception {
        request("PUT", "/connectors/" + connector + "/config", JSON.writeValueAsString(config));
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .header("Content-Type", "application/json")
                        .timeout(Duration.ofSeconds(90))
                        .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    /** Ends it as {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new AssertionError("the worker did not die");
        }
    }

    /** {@code STOP} or {@code CONT}. */
    void signal(String name) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
        if (kill.waitFor() != 0) {
            throw new AssertionError("kill -" + name + " failed");
        }
    }

    void awaitLog(String text) throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS); System.nanoTime() < end; ) {
            if (log().contains(text)) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("'%s' is not in the log:%n%s".formatted(text, log()));
    }

    /** What the process printed, and what it logged. */
    String log() throws IOException {
        Path file = logs.resolve("pg2citus.log");
        return Files.readString(logs.resolve("console.log")) + (Files.exists(file) ? Files.readString(file) : "");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private static Path store(Path directory, String name, Map<String, String> settings) throws IOException {
        Properties properties = new Properties();
        properties.putAll(settings);
        Path file = directory.resolve(name + ".properties");
        try (var out = Files.newBufferedWriter(file)) {
            properties.store(out, null);
        }
        return file;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Map<String, String> load(String file) throws IOException {
        Properties properties = new Properties();
        try (var in = Files.newBufferedReader(Path.of(file))) {
            properties.load(in);
        }
        Map<String, String> settings = new HashMap<>();
        properties.forEach((key, value) -> settings.put((String) key, (String) value));
        return settings;
    }

    /** Files with the settings of the worker, and of each connector. */
    public static void main(String[] arguments) throws Exception {
        var connect = new ConnectStandalone().startConnect(load(arguments[0]));
        for (String file : List.of(arguments).subList(1, arguments.length)) {
            Map<String, String> connector = load(file);
            connect.herder().putConnectorConfig(connector.get("name"), connector, true, (failure, created) -> {
                if (failure != null) {
                    // The worker lives on: the test may try again.
                    failure.printStackTrace();
                }
            });
        }
        Thread.sleep(TimeUnit.MINUTES.toMillis(LIFETIME_MINUTES));
        Runtime.getRuntime().halt(1);
    }
}
