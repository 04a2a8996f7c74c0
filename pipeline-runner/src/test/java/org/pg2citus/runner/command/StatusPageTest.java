package org.pg2citus.runner.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import picocli.CommandLine.TypeConversionException;

class StatusPageTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicInteger asked = new AtomicInteger();

    private StatusPage start(Supplier<String> status, Duration interval) throws IOException {
        return StatusPage.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), status, interval);
    }

    private HttpResponse<String> get(StatusPage page, String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(page.url() + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private String counted() {
        return "{\"n\":%d}".formatted(asked.incrementAndGet());
    }

    @ParameterizedTest
    @CsvSource({
        "'', text/html; charset=utf-8, <table>",
        "status.css, text/css; charset=utf-8, progress",
        "status.js, text/javascript; charset=utf-8, status.json",
    })
    void page_isServedWithItsParts(String path, String type, String part) throws Exception {
        try (StatusPage page = start(this::counted, HOUR)) {
            HttpResponse<String> answer = get(page, path);

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type")).contains(type);
            assertThat(answer.headers().firstValue("Content-Security-Policy")).isPresent();
            assertThat(answer.body()).contains(part);
        }
        assertThat(asked).hasValue(0);
    }

    @Test
    void databases_areAskedOncePerInterval() throws Exception {
        try (StatusPage page = start(this::counted, HOUR)) {
            assertThat(get(page, "status.json").body()).isEqualTo("{\"n\":1}");
            assertThat(get(page, "status.json").body()).isEqualTo("{\"n\":1}");
        }
        try (StatusPage page = start(this::counted, Duration.ZERO)) {
            assertThat(get(page, "status.json").body()).isEqualTo("{\"n\":2}");
            assertThat(get(page, "status.json").body()).isEqualTo("{\"n\":3}");
        }
    }

    @Test
    void failure_isToldWithItsRemedy_andThePageGoesOn() throws Exception {
        Supplier<String> failing = () -> {
            if (asked.incrementAndGet() == 1) {
                throw new MigrationException(ExitCode.SOURCE, "SO001", "no answer", "start it");
            }
            if (asked.get() == 2) {
                throw new IllegalStateException("a fault");
            }
            return "{}";
        };
        try (StatusPage page = start(failing, Duration.ZERO)) {
            HttpResponse<String> known = get(page, "status.json");
            assertThat(known.statusCode()).isEqualTo(503);
            assertThat(known.body()).contains("SO001", "no answer", "start it");
            HttpResponse<String> unknown = get(page, "status.json");
            assertThat(unknown.statusCode()).isEqualTo(500);
            assertThat(unknown.body()).contains("IN001");
            assertThat(get(page, "status.json").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whatIsNotThere_isNotServed() throws Exception {
        try (StatusPage page = start(this::counted, HOUR)) {
            assertThat(get(page, "StatusPage.class").statusCode()).isEqualTo(404);
            HttpRequest post = HttpRequest.newBuilder(URI.create(page.url() + "status.json"))
                    .POST(HttpRequest.BodyPublishers.ofString("x"))
                    .build();
            assertThat(http.send(post, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(405);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "8710, true, 8710",
        "0, true, 0",
        "127.0.0.1:80, true, 80",
        "0.0.0.0:8710, false, 8710",
        "[::1]:9, true, 9"
    })
    void address_isThisMachineUnlessSaid(String text, boolean loopback, int port) {
        InetSocketAddress address = new WebAddress().convert(text);

        assertThat(address.getPort()).isEqualTo(port);
        assertThat(address.getAddress().isLoopbackAddress()).isEqualTo(loopback);
    }

    @ParameterizedTest
    @CsvSource({"x", "65536", "-1", ":80", "127.0.0.1:", "no-such-host.invalid:80"})
    void addressThatIsNone_isRefused(String text) {
        assertThatExceptionOfType(TypeConversionException.class).isThrownBy(() -> new WebAddress().convert(text));
    }
}
