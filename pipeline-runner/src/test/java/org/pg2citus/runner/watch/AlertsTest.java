package org.pg2citus.runner.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.WatchPolicy;
import org.pg2citus.runner.event.MigrationEvent.Alarm;

class AlertsTest {

    private static final Alarm ALARM = new Alarm("ALERT", "WT010", "room for 5 \"minutes\"", "add disk");

    @TempDir
    Path directory;

    private static WatchPolicy policy(Optional<URI> webhook, Optional<String> command) {
        WatchPolicy plain = WatchPolicy.DEFAULT;
        return new WatchPolicy(
                plain.stalledAfter(),
                plain.captureWhenHalted(),
                plain.warnBelow(),
                plain.alertBelow(),
                plain.pauseBelow(),
                plain.releaseBelow(),
                webhook,
                command,
                plain.dryRun());
    }

    @Test
    void webhook_isSentTheAlertAsJson() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/hook", exchange -> {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        try {
            URI url = URI.create(
                    "http://127.0.0.1:%d/hook".formatted(server.getAddress().getPort()));
            try (Alerts alerts = new Alerts("shop", policy(Optional.of(url), Optional.empty()))) {
                alerts.send(ALARM);
            }
        } finally {
            server.stop(0);
        }

        assertThat(bodies)
                .containsExactly("{\"migration\":\"shop\",\"severity\":\"ALERT\",\"code\":\"WT010\","
                        + "\"message\":\"room for 5 \\\"minutes\\\"\",\"remedy\":\"add disk\"}");
    }

    @Test
    void command_hasTheAlertInItsEnvironment() throws Exception {
        Path said = directory.resolve("said");
        Path program = directory.resolve("tell");
        Files.writeString(program, "#!/bin/sh\nprintf '%%s' \"$PG2CITUS_ALERT\" > %s\n".formatted(said));
        assertThat(program.toFile().setExecutable(true)).isTrue();

        try (Alerts alerts = new Alerts("shop", policy(Optional.empty(), Optional.of(program.toString())))) {
            alerts.send(ALARM);
        }

        assertThat(said).content().contains("\"code\":\"WT010\"");
    }

    @Test
    void whatCannotBeTold_harmsNothing() {
        long startedNanos = System.nanoTime();
        try (Alerts alerts = new Alerts(
                "shop", policy(Optional.of(URI.create("http://127.0.0.1:1/")), Optional.of("/no/such/program")))) {
            alerts.send(ALARM);
        }

        assertThat(Duration.ofNanos(System.nanoTime() - startedNanos)).isLessThan(Duration.ofSeconds(30));
    }
}
