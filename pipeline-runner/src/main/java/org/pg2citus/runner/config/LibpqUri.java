package org.pg2citus.runner.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a connection URI as libpq writes it: {@code postgresql://user:password@host:port/database?sslmode=require}.
 *
 * <p>Source: <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS">Connection
 * URIs</a>. Left out, and refused: several hosts, and Unix sockets, which Java has no access to here.
 */
final class LibpqUri {

    private static final List<String> SCHEMES = List.of("postgresql://", "postgres://");
    private static final List<String> PARAMETERS = List.of(
            "host",
            "port",
            "dbname",
            "user",
            "password",
            "sslmode",
            "sslrootcert",
            "sslcert",
            "sslkey",
            "connect_timeout",
            "application_name",
            "options");
    private static final List<String> SSL_MODES =
            List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

    private LibpqUri() {}

    /**
     * @param osUser the user when the URI has none, as libpq does it
     * @throws IllegalArgumentException with a message that never holds the password
     */
    static ServerAddress parse(String uri, String osUser) {
        String scheme = SCHEMES.stream()
                .filter(uri::startsWith)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "a server is given as postgresql://user@host:port/database (only this URI form is read)"));
        String rest = uri.substring(scheme.length());
        Map<String, String> parameters = new LinkedHashMap<>();
        int question = rest.indexOf('?');
        if (question >= 0) {
            parameters(rest.substring(question + 1), parameters);
            rest = rest.substring(0, question);
        }
        int slash = rest.indexOf('/');
        Optional<String> database = text(slash < 0 ? "" : rest.substring(slash + 1));
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        int at = authority.lastIndexOf('@');
        String userInfo = at < 0 ? "" : authority.substring(0, at);
        int colon = userInfo.indexOf(':');
        Optional<String> user = text(colon < 0 ? userInfo : userInfo.substring(0, colon));
        Optional<String> password = text(colon < 0 ? "" : userInfo.substring(colon + 1));
        String hostPort = authority.substring(at + 1);

        String host = removeOr(parameters, "host", hostOf(hostPort).orElse("localhost"));
        String port = removeOr(parameters, "port", portOf(hostPort).orElse("5432"));
        String finalUser = removeOr(parameters, "user", user.orElse(osUser));
        String finalDatabase = removeOr(parameters, "dbname", database.orElse(finalUser));
        Optional<String> finalPassword =
                Optional.ofNullable(parameters.remove("password")).or(() -> password);
        if (host.contains(",") || hostPort.contains(",")) {
            throw new IllegalArgumentException("several hosts in one URI are not supported: name the primary");
        }
        if (host.startsWith("/")) {
            throw new IllegalArgumentException(
                    "Unix sockets are not supported (" + host + "): name a TCP address, for example 127.0.0.1");
        }
        return new ServerAddress(
                host, portNumber(port), finalDatabase, finalUser, finalPassword.map(Secret::new), parameters);
    }

    private static void parameters(String query, Map<String, String> into) {
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String key = decoded(equals < 0 ? pair : pair.substring(0, equals));
            if (!PARAMETERS.contains(key)) {
                throw new IllegalArgumentException("unknown parameter '%s' in the URI%s"
                        .formatted(
                                key,
                                Nearest.to(key, PARAMETERS)
                                        .map(near -> "; did you mean " + near + "?")
                                        .orElse("; known: " + String.join(", ", PARAMETERS))));
            }
            String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
            if (key.equals("sslmode") && !SSL_MODES.contains(value)) {
                throw new IllegalArgumentException(
                        "sslmode '%s' is not one of %s".formatted(value, String.join(", ", SSL_MODES)));
            }
            if (key.equals("connect_timeout") && !value.matches("\\d{1,5}")) {
                throw new IllegalArgumentException("connect_timeout '" + value + "' is not a number of seconds");
            }
            into.put(key, value);
        }
    }

    private static Optional<String> hostOf(String hostPort) {
        if (hostPort.startsWith("[")) {
            int end = hostPort.indexOf(']');
            if (end < 0) {
                throw new IllegalArgumentException("an IPv6 address in the URI lacks its ]");
            }
            return text(hostPort.substring(1, end));
        }
        int colon = hostPort.indexOf(':');
        return text(colon < 0 ? hostPort : hostPort.substring(0, colon));
    }

    private static Optional<String> portOf(String hostPort) {
        String afterAddress = hostPort.substring(hostPort.indexOf(']') + 1);
        int colon = afterAddress.indexOf(':');
        return text(colon < 0 ? "" : afterAddress.substring(colon + 1));
    }

    private static int portNumber(String port) {
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65_535) {
            throw new IllegalArgumentException("the URI's port is not a number from 1 to 65535");
        }
        return Integer.parseInt(port);
    }

    private static String removeOr(Map<String, String> parameters, String key, String otherwise) {
        String value = parameters.remove(key);
        return value == null ? otherwise : value;
    }

    private static Optional<String> text(String encoded) {
        return encoded.isEmpty() ? Optional.empty() : Optional.of(decoded(encoded));
    }

    /** A + is a plus here, unlike in web forms. */
    private static String decoded(String encoded) {
        try {
            return URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the URI has a % that is not followed by two hexadecimal digits", e);
        }
    }
}
