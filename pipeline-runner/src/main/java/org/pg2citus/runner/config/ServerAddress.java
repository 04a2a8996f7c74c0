package org.pg2citus.runner.config;

import static java.util.Objects.requireNonNull;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a database is and who logs in, without a printable password.
 *
 * @param parameters the libpq connection parameters of the URI, such as {@code sslmode}
 */
public record ServerAddress(
        String host,
        int port,
        String database,
        String user,
        Optional<Secret> password,
        Map<String, String> parameters) {

    public ServerAddress {
        requireNonNull(host, "host is null");
        requireNonNull(database, "database is null");
        requireNonNull(user, "user is null");
        requireNonNull(password, "password is null");
        parameters = Map.copyOf(parameters);
    }

    /** The address as a JDBC URL, without user and password, with {@code sslmode} and its files. */
    public String jdbcUrl() {
        StringBuilder url = new StringBuilder("jdbc:postgresql://")
                .append(host.indexOf(':') >= 0 ? "[" + host + "]" : host)
                .append(':')
                .append(port)
                .append('/')
                .append(percentEncoded(database));
        char separator = '?';
        for (var parameter : new TreeMap<>(parameters).entrySet()) {
            if (parameter.getKey().startsWith("ssl")) {
                url.append(separator)
                        .append(parameter.getKey())
                        .append('=')
                        .append(percentEncoded(parameter.getValue()));
                separator = '&';
            }
        }
        return url.toString();
    }

    ServerAddress withPassword(Optional<Secret> other) {
        return new ServerAddress(host, port, database, user, other, parameters);
    }

    private static String percentEncoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** For people: {@code user@host:port/database}. */
    @Override
    public String toString() {
        return "%s@%s:%d/%s".formatted(user, host, port, database);
    }
}
