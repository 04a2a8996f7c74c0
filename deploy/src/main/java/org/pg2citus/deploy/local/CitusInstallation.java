package org.pg2citus.deploy.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A PostgreSQL installation on this machine that has the Citus extension.
 *
 * @param programs the directory of {@code initdb}, {@code pg_ctl} and {@code postgres}
 */
public record CitusInstallation(Path programs) {

    /** Names a PostgreSQL installation's directory of programs; where it is set, no other place is looked at. */
    public static final String PROGRAMS_VARIABLE = "PG2CITUS_PG_BINDIR";

    /** Directories whose subdirectories are installations, one per version: Debian's packages, then PGDG's for RHEL. */
    private static final List<String> PARENTS = List.of("/usr/lib/postgresql", "/usr");

    /** The first installation with Citus: the environment's, {@code pg_config}'s on the path, the newest packaged. */
    public static Optional<CitusInstallation> find() {
        return candidates()
                .map(CitusInstallation::new)
                .filter(CitusInstallation::hasCitus)
                .findFirst();
    }

    /** Where {@link #find} looked, for messages. */
    static String places() {
        return "%s, pg_config on PATH, /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin".formatted(PROGRAMS_VARIABLE);
    }

    private static Stream<Path> candidates() {
        String named = System.getenv(PROGRAMS_VARIABLE);
        if (named != null && !named.isBlank()) {
            return Stream.of(Path.of(named));
        }
        List<Path> found = new ArrayList<>();
        Program.Result onPath = Program.tryRun(List.of("pg_config", "--bindir"));
        if (onPath.exitCode() == 0) {
            found.add(Path.of(onPath.output().strip()));
        }
        found.addAll(packaged());
        return found.stream();
    }

    /** The directories of programs of packaged installations, with or without Citus, the newest first. */
    public static List<Path> packaged() {
        return PARENTS.stream()
                .flatMap(parent -> packaged(Path.of(parent)).stream())
                .toList();
    }

    private static List<Path> packaged(Path parent) {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(parent)) {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(parent, "{pgsql-,}[0-9]*")) {
                versions.forEach(version -> found.add(version.resolve("bin")));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot list " + parent, e);
            }
        }
        found.sort(Comparator.reverseOrder());
        return found;
    }

    private boolean hasCitus() {
        return Files.isExecutable(programs.resolve("initdb"))
                && sharedDirectories().anyMatch(shared -> Files.exists(shared.resolve("extension/citus.control")));
    }

    /** Where PGDG's RPMs and a build from source keep extensions, then what pg_config says, which not all ship. */
    private Stream<Path> sharedDirectories() {
        Program.Result said =
                Program.tryRun(List.of(programs.resolve("pg_config").toString(), "--sharedir"));
        return Stream.concat(
                Stream.of(programs.resolve("../share"), programs.resolve("../share/postgresql")),
                said.exitCode() == 0 ? Stream.of(Path.of(said.output().strip())) : Stream.empty());
    }
}
