package org.pg2citus.runner.stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/**
 * Talks to Connect's REST interface: the only way in which connectors are controlled, wherever Connect runs.
 *
 * <p>Source: <a href="https://kafka.apache.org/documentation/#connect_rest">Connect REST API</a>.
 */
public final class ConnectClient {

    private static final ObjectMapper JSON = new ObjectMapper();
    // A worker that validates a connector asks the servers, and may be rebalancing.
    private static final Duration TIMEOUT = Duration.ofSeconds(90);
    private static final int ATTEMPTS = 10;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final URI url;

    public ConnectClient(URI url) {
        this.url = url;
    }

    /**
     * Makes the connector, or gives it this configuration.
     *
     * @throws MigrationException KC005 when Connect refuses the configuration
     */
    public void put(String connector, Map<String, String> config) {
        try {
            HttpResponse<String> response = send(HttpRequest.newBuilder(uri(connector, "/config"))
                    .header("Content-Type", "application/json")
                    .PUT(BodyPublishers.ofString(JSON.writeValueAsString(config))));
            if (response.statusCode() / 100 != 2) {
                throw new MigrationException(
                        ExitCode.KAFKA,
                        "KC005",
                        "Connect does not take connector %s (HTTP %d): %s"
                                .formatted(connector, response.statusCode(), message(response.body())),
                        "mend what it names; on workers of your own, check that both plugins are installed");
            }
        } catch (JsonProcessingException e) {
            throw new AssertionError("a map of strings is JSON", e);
        }
    }

    /** Empty while Connect does not know the connector yet. */
    public Optional<ConnectorStatus> status(String connector) {
        HttpResponse<String> response =
                send(HttpRequest.newBuilder(uri(connector, "/status")).GET());
        if (response.statusCode() == 404) {
            return Optional.empty();
        }
        requireOk(connector, response);
        JsonNode root = json(response.body());
        JsonNode task = root.path("tasks").path(0);
        JsonNode subject = task.isMissingNode()
                        || root.path("connector").path("state").asText().equals("FAILED")
                ? root.path("connector")
                : task;
        return Optional.of(new ConnectorStatus(
                connector,
                subject.path("state").asText(),
                subject.hasNonNull("trace") ? Optional.of(subject.path("trace").asText()) : Optional.empty()));
    }

    /** Starts the connector and its task again, if they failed. */
    public void restartFailed(String connector) {
        requireOk(
                connector,
                send(HttpRequest.newBuilder(uri(connector, "/restart?includeTasks=true&onlyFailed=true"))
                        .POST(BodyPublishers.noBody())));
    }

    /** Stops the connector and forgets it; one that is not there is fine. */
    public void delete(String connector) {
        HttpResponse<String> response =
                send(HttpRequest.newBuilder(uri(connector, "")).DELETE());
        if (response.statusCode() != 404) {
            requireOk(connector, response);
        }
    }

    private void requireOk(String connector, HttpResponse<String> response) {
        if (response.statusCode() / 100 != 2) {
            throw new MigrationException(
                    ExitCode.KAFKA,
                    "KC006",
                    "Connect at %s answers HTTP %d for connector %s: %s"
                            .formatted(url, response.statusCode(), connector, message(response.body())),
                    "look at the worker's log; then run the command again");
        }
    }

    private URI uri(String connector, String rest) {
        String base = url.toString();
        return URI.create((base.endsWith("/") ? base : base + "/") + "connectors/" + connector + rest);
    }

    /** Tries again while the worker rebalances (409) or does not listen yet. */
    private HttpResponse<String> send(HttpRequest.Builder request) {
        HttpRequest built = request.timeout(TIMEOUT).build();
        for (int attempt = 1; ; attempt++) {
            try {
                HttpResponse<String> response = http.send(built, BodyHandlers.ofString());
                if (response.statusCode() != 409 || attempt == ATTEMPTS) {
                    return response;
                }
                Thread.sleep(PAUSE.toMillis());
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw new MigrationException(
                            ExitCode.KAFKA,
                            "KC007",
                            "Connect at %s does not answer: %s".formatted(url, e),
                            "check connect.url and that the worker runs",
                            e);
                }
                pause();
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static MigrationException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new MigrationException(
                ExitCode.INTERNAL, "KC009", "interrupted while waiting for Connect", "run the command again", e);
    }

    private static String message(String body) {
        try {
            JsonNode message = JSON.readTree(body).path("message");
            return message.isMissingNode() ? body : message.asText();
        } catch (JsonProcessingException e) {
            return body;
        }
    }

    private static JsonNode json(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new MigrationException(
                    ExitCode.KAFKA, "KC008", "what answers at connect.url is not Connect", "check connect.url", e);
        }
    }
}
