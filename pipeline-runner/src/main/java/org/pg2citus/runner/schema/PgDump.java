package org.pg2citus.runner.schema;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pg2citus.deploy.local.CitusInstallation;
import org.pg2citus.runner.config.Secret;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.sink.change.TableId;

/** The {@code pg_dump} of this machine: writes down a source's schema. */
final class PgDump {

    private static final Pattern VERSION = Pattern.compile("pg_dump \\(PostgreSQL\\) (\\d+)");
    private static final long LONGEST_MINUTES = 30;
    private static final int LONGEST_LOCK_WAIT_MS = 60_000;

    private final Path program;

    private PgDump(Path program) {
        this.program = program;
    }

    /**
     * Finds one that can read a server: it has to be as new as that.
     *
     * @param named by the user, else the path and the usual places are looked through
     * @param serverMajor of the source, for example 15
     * @throws MigrationException SM003 (exit code 2) when there is none, or only older ones
     */
    static PgDump find(Optional<Path> named, int serverMajor) {
        List<Path> candidates = named.map(List::of).orElseGet(PgDump::installed);
        List<String> found = new ArrayList<>();
        for (Path candidate : candidates) {
            Optional<Integer> major = major(candidate);
            if (major.filter(version -> version >= serverMajor).isPresent()) {
                return new PgDump(candidate);
            }
            found.add(major.map(version -> "%s is of version %d".formatted(candidate, version))
                    .orElse("%s is no pg_dump".formatted(candidate)));
        }
        throw new MigrationException(
                ExitCode.CONFIG,
                "SM003",
                "the source is PostgreSQL %d, and its schema is read with a pg_dump as new as that; %s"
                        .formatted(
                                serverMajor,
                                found.isEmpty()
                                        ? "there is none on the path or in the usual places"
                                        : String.join(", ", found)),
                "install the client programs of PostgreSQL %d or later (postgresql-client), or name one with --pg-dump"
                        .formatted(serverMajor));
    }

    static List<Path> installed() {
        List<Path> found = new ArrayList<>();
        String path = System.getenv().getOrDefault("PATH", "");
        Arrays.stream(path.split(File.pathSeparator, -1))
                .filter(directory -> !directory.isBlank())
                .map(directory -> Path.of(directory, "pg_dump"))
                .filter(Files::isExecutable)
                .forEach(found::add);
        CitusInstallation.packaged().stream()
                .map(programs -> programs.resolve("pg_dump"))
                .filter(Files::isExecutable)
                .forEach(found::add);
        return found;
    }

    private static Optional<Integer> major(Path program) {
        try {
            Process process = new ProcessBuilder(program.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            Matcher version = VERSION.matcher(said);
            return version.find() ? Optional.of(Integer.valueOf(version.group(1))) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /**
     * Writes the schema down, without owners and grants.
     *
     * @param snapshot exported by a session that stays open meanwhile
     * @param leftOut tables whose definitions are not wanted
     * @throws MigrationException SM004 (exit code 6) when it fails, with what it said
     */
    String schema(ServerAddress source, String snapshot, Collection<TableId> leftOut) {
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "--schema-only",
                "--no-owner",
                "--no-privileges",
                "--no-publications",
                "--no-subscriptions",
                "--no-security-labels",
                "--no-tablespaces",
                "--no-password",
                "--encoding=UTF8",
                "--lock-wait-timeout=" + LONGEST_LOCK_WAIT_MS,
                "--snapshot=" + snapshot,
                "--exclude-schema=pg2citus"));
        leftOut.forEach(table -> command.add("--exclude-table=" + pattern(table)));
        try {
            Path out = Files.createTempFile("pg2citus-schema", ".sql");
            Path err = Files.createTempFile("pg2citus-schema", ".err");
            try {
                return run(command, source, out, err);
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new MigrationException(
                    ExitCode.INTERNAL,
                    "SM004",
                    "%s cannot be run: %s".formatted(program, e.getMessage()),
                    "check the program and the room for temporary files (java.io.tmpdir)",
                    e);
        }
    }

    private String run(List<String> command, ServerAddress source, Path out, Path err) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        // Nothing of the server is on the command line, which every user of the machine can see.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") && !name.startsWith("PG2CITUS"));
        builder.environment().putAll(environment(source));
        Process process = builder.start();
        process.getOutputStream().close();
        try {
            if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw failed(source, "it did not end within %d minutes".formatted(LONGEST_MINUTES));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw interrupted(e);
        }
        if (process.exitValue() != 0) {
            throw failed(
                    source, Files.readString(err).lines().limit(5).collect(Collectors.joining(System.lineSeparator())));
        }
        return Files.readString(out);
    }

    private MigrationException failed(ServerAddress source, String said) {
        return new MigrationException(
                ExitCode.SOURCE,
                "SM004",
                "%s could not read the schema of %s: %s".formatted(program, source, said),
                "mend the cause, then run the command again; tables that the role may not read can be left out with"
                        + " --exclude-tables");
    }

    static Map<String, String> environment(ServerAddress source) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("PGHOST", source.host());
        environment.put("PGPORT", Integer.toString(source.port()));
        environment.put("PGDATABASE", source.database());
        environment.put("PGUSER", source.user());
        environment.put("PGAPPNAME", "pg2citus schema");
        environment.put("PGCONNECT_TIMEOUT", source.parameters().getOrDefault("connect_timeout", "10"));
        environment.put("LC_ALL", "C");
        source.password().map(Secret::value).ifPresent(password -> environment.put("PGPASSWORD", password));
        Map.of(
                        "sslmode", "PGSSLMODE",
                        "sslrootcert", "PGSSLROOTCERT",
                        "sslcert", "PGSSLCERT",
                        "sslkey", "PGSSLKEY",
                        "options", "PGOPTIONS")
                .forEach((parameter, variable) -> {
                    String value = source.parameters().get(parameter);
                    if (value != null) {
                        environment.put(variable, value);
                    }
                });
        return environment;
    }

    /** In patterns, what is quoted stands for itself. */
    private static String pattern(TableId table) {
        return table.toSql();
    }

    private static MigrationException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new MigrationException(
                ExitCode.INTERNAL, "SM004", "interrupted while pg_dump was running", "run the command again", e);
    }
}
