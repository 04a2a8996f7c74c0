package org.pg2citus.deploy.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes a database cluster in a directory and starts a server on it. */
final class ServerStart {

    /** Between choosing a port and listening on it somebody else can take it. */
    private static final int PORT_ATTEMPTS = 5;

    private ServerStart() {}

    static PostgresServer start(
            PostgresPrograms programs, Path directory, Map<String, String> settings, Optional<String> password) {
        requireEmpty(directory);
        DeathWatch watch = DeathWatch.over(directory);
        try {
            Unprivileged.here().admit(directory);
            initialise(programs, directory, directory.resolve("data"), password);
            return start(programs, directory, settings, password, watch);
        } catch (RuntimeException e) {
            // The watch stops whatever runs and removes the directory.
            watch.close();
            throw e;
        }
    }

    /** Starts a server that follows another one; its files are a copy, in the directory's subdirectory {@code data}. */
    static PostgresServer standby(
            PostgresPrograms programs, Path directory, Map<String, String> settings, Optional<String> password) {
        DeathWatch watch = DeathWatch.over(directory);
        try {
            Files.createFile(directory.resolve("data").resolve("standby.signal"));
            Unprivileged.here().admit(directory);
            return start(programs, directory, settings, password, watch);
        } catch (IOException e) {
            watch.close();
            throw new UncheckedIOException("cannot make a standby in " + directory, e);
        } catch (RuntimeException e) {
            watch.close();
            throw e;
        }
    }

    private static PostgresServer start(
            PostgresPrograms programs,
            Path directory,
            Map<String, String> settings,
            Optional<String> password,
            DeathWatch watch) {
        Path data = directory.resolve("data");
        ServerProcess process = new ServerProcess(programs, data, directory.resolve("server.log"));
        int port = startOnFreePort(process, directory, data, settings);
        return new PostgresServer(process, directory, port, password, watch);
    }

    /** Makes the directory; throws when it has content, which would be removed with the server. */
    static void requireEmpty(Path directory) {
        try {
            Files.createDirectories(directory);
            try (Stream<Path> content = Files.list(directory)) {
                if (content.findAny().isPresent()) {
                    throw new IllegalArgumentException(directory
                            + " is not empty; a server's directory is removed with the server, give it its own");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use " + directory + " for a server", e);
        }
    }

    private static void initialise(PostgresPrograms programs, Path directory, Path data, Optional<String> password) {
        // Without flushing to disk: a cluster that a crash of the machine damages now is made anew anyway.
        List<String> arguments = new ArrayList<>(List.of(
                "-D", data.toString(), "-U", "postgres", "-E", "UTF8", "--locale=C", "-N", "--no-instructions"));
        if (password.isEmpty()) {
            arguments.add("--auth=trust");
            programs.run("initdb", arguments.toArray(String[]::new));
            return;
        }
        Path file = directory.resolve("password");
        try {
            Files.writeString(file, password.get());
            Unprivileged.here().admit(file);
            arguments.add("--auth=scram-sha-256");
            arguments.add("--pwfile=" + file);
            programs.run("initdb", arguments.toArray(String[]::new));
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static int startOnFreePort(ServerProcess process, Path directory, Path data, Map<String, String> settings) {
        for (int attempt = 1; ; attempt++) {
            int port = FreePort.choose();
            try {
                Files.writeString(
                        data.resolve("postgresql.auto.conf"),
                        ServerSettings.file(directory, port, settings),
                        StandardOpenOption.TRUNCATE_EXISTING);
                process.start();
                return port;
            } catch (IllegalStateException e) {
                if (attempt == PORT_ATTEMPTS || !process.endOfLog().contains("Address already in use")) {
                    throw e;
                }
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write settings in " + data, e);
            }
        }
    }
}
