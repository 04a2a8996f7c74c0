package org.pg2citus.runner.command;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.pg2citus.runner.failure.MigrationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A web page with a migration's status, that asks {@code status.json} every two seconds. However many look at it, the
 * databases are asked at most once in an interval.
 */
final class StatusPage implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StatusPage.class);
    private static final int THREADS = 2;
    private static final int BACKLOG = 16;

    /** By path: the resource and its type. */
    private static final Map<String, String[]> FILES = Map.of(
            "/", new String[] {"status.html", "text/html; charset=utf-8"},
            "/status.css", new String[] {"status.css", "text/css; charset=utf-8"},
            "/status.js", new String[] {"status.js", "text/javascript; charset=utf-8"});

    private record Answer(int status, String type, String body) {
        static Answer json(int status, String json) {
            return new Answer(status, "application/json", json);
        }

        static Answer text(int status, String text) {
            return new Answer(status, "text/plain; charset=utf-8", text);
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final Supplier<String> status;
    private final long intervalNanos;
    private Answer last;
    private long askedNanos;

    private StatusPage(HttpServer server, Supplier<String> status, Duration interval) {
        this.server = server;
        this.status = status;
        this.intervalNanos = interval.toNanos();
    }

    /**
     * Listens.
     *
     * @param status asks the databases; gives JSON
     * @param interval an answer younger than this is given again
     * @throws IOException when the address cannot be bound
     */
    static StatusPage start(InetSocketAddress address, Supplier<String> status, Duration interval) throws IOException {
        StatusPage page = new StatusPage(HttpServer.create(address, BACKLOG), status, interval);
        page.server.createContext("/", page::handle);
        page.server.setExecutor(page.threads);
        page.server.start();
        return page;
    }

    String url() {
        InetSocketAddress address = server.getAddress();
        String host = address.getAddress().isAnyLocalAddress() ? "localhost" : address.getHostString();
        return "http://%s:%d/".formatted(host.contains(":") ? "[" + host + "]" : host, address.getPort());
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Answer answer =
                    answer(exchange.getRequestMethod(), exchange.getRequestURI().getPath());
            Headers headers = exchange.getResponseHeaders();
            headers.set("Content-Type", answer.type());
            headers.set("Cache-Control", "no-store");
            headers.set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'");
            headers.set("X-Content-Type-Options", "nosniff");
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private Answer answer(String method, String path) throws IOException {
        if (!method.equals("GET")) {
            return Answer.text(405, "only GET");
        }
        if (path.equals("/status.json")) {
            return status();
        }
        String[] file = FILES.get(path);
        if (file == null) {
            return Answer.text(404, "there is / and /status.json");
        }
        try (InputStream in = StatusPage.class.getResourceAsStream(file[0])) {
            return new Answer(200, file[1], new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private synchronized Answer status() {
        if (last == null || System.nanoTime() - askedNanos >= intervalNanos) {
            last = ask();
            askedNanos = System.nanoTime();
        }
        return last;
    }

    private Answer ask() {
        try {
            return Answer.json(200, status.get());
        } catch (MigrationException e) {
            return Answer.json(503, JsonReport.error(e).toString());
        } catch (RuntimeException e) {
            LOG.error("the status cannot be told", e);
            return Answer.json(500, JsonReport.error(Failures.known(e)).toString());
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
