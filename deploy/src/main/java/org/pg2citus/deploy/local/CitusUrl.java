package org.pg2citus.deploy.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.sql.SQLException;
import java.util.Optional;

/**
 * The coordinator of a running Citus cluster, as a URL such as {@code postgresql://user:password@host:5432/database}.
 * The user has to be a superuser who reaches the workers with the same password.
 */
record CitusUrl(CitusNode coordinator, String database) {

    static final String VARIABLE = "PG2CITUS_CITUS_URL";

    private static final int DEFAULT_PORT = 5432;

    static Optional<CitusUrl> fromEnvironment() {
        String url = System.getenv(VARIABLE);
        return url == null || url.isBlank() ? Optional.empty() : Optional.of(parse(url));
    }

    /** @throws IllegalArgumentException when it is not such a URL; the message does not repeat the password */
    static CitusUrl parse(String url) {
        URI uri = uri(url);
        boolean postgres = "postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme());
        if (!postgres || uri.getHost() == null || uri.getPath().length() < 2) {
            throw unreadable();
        }
        StringBuilder parameters = new StringBuilder();
        if (uri.getUserInfo() != null) {
            String[] userAndPassword = uri.getUserInfo().split(":", 2);
            parameters.append("user=").append(URLEncoder.encode(userAndPassword[0], UTF_8));
            if (userAndPassword.length == 2) {
                parameters.append("&password=").append(URLEncoder.encode(userAndPassword[1], UTF_8));
            }
        }
        if (uri.getRawQuery() != null) {
            parameters.append(parameters.isEmpty() ? "" : "&").append(uri.getRawQuery());
        }
        int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
        return new CitusUrl(
                new CitusNode(uri.getHost(), port, parameters.toString()),
                uri.getPath().substring(1));
    }

    private static URI uri(String url) {
        try {
            return new URI(url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url);
        } catch (URISyntaxException e) {
            // Not as the cause: its message repeats the input.
            throw unreadable();
        }
    }

    private static IllegalArgumentException unreadable() {
        return new IllegalArgumentException(
                VARIABLE + " is not a URL like postgresql://user:password@host:5432/database");
    }

    CitusNodes nodes() {
        try {
            return CitusNodes.of(coordinator, database);
        } catch (SQLException e) {
            throw new IllegalStateException(
                    "the Citus cluster at %s does not answer: %s".formatted(coordinator, e.getMessage()), e);
        }
    }
}
