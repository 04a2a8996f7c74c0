package org.pg2citus.runner.watch;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.pg2citus.runner.config.WatchPolicy;
import org.pg2citus.runner.event.MigrationEvent.Alarm;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends alerts to people, in a thread of its own: a webhook that does not answer must not hold the migration up. */
public final class Alerts implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Alerts.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MOST_WAITING = 20;

    private final String migration;
    private final Optional<URI> webhook;
    private final Optional<String> command;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private final ThreadPoolExecutor sender = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            task -> {
                Thread thread = new Thread(task, "alerts");
                thread.setDaemon(true);
                return thread;
            },
            (task, executor) -> LOG.warn("An alert was not sent: {} are waiting already", MOST_WAITING));

    public Alerts(String migration, WatchPolicy policy) {
        this.migration = migration;
        this.webhook = policy.webhook();
        this.command = policy.command();
    }

    /** Sends it in its time; what goes wrong with that is in the log. */
    public void send(Alarm alarm) {
        String json = JSON.createObjectNode()
                .put("migration", migration)
                .put("severity", alarm.severity())
                .put("code", alarm.code())
                .put("message", alarm.message())
                .put("remedy", alarm.remedy())
                .toString();
        webhook.ifPresent(url -> sender.execute(() -> post(url, json)));
        command.ifPresent(program -> sender.execute(() -> run(program, json)));
    }

    private void post(URI url, String json) {
        try {
            HttpResponse<Void> response = http.send(
                    HttpRequest.newBuilder(url)
                            .timeout(TIMEOUT)
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString(json))
                            .build(),
                    BodyHandlers.discarding());
            if (response.statusCode() / 100 != 2) {
                LOG.warn("The webhook {} answers HTTP {} to an alert", url, response.statusCode());
            }
        } catch (IOException e) {
            LOG.warn("An alert was not sent to the webhook {}", url, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void run(String program, String json) {
        ProcessBuilder builder =
                new ProcessBuilder(program).redirectErrorStream(true).redirectOutput(Redirect.DISCARD);
        builder.environment().put("PG2CITUS_ALERT", json);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                LOG.warn("The alert command {} did not end within {} s", program, TIMEOUT.toSeconds());
            } else if (process.exitValue() != 0) {
                LOG.warn("The alert command {} ended with {}", program, process.exitValue());
            }
        } catch (IOException e) {
            LOG.warn("The alert command {} cannot be started", program, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets what waits be sent, for a short time. */
    @Override
    public void close() {
        sender.shutdown();
        try {
            if (!sender.awaitTermination(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                sender.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
