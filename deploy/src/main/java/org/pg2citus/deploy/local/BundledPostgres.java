package org.pg2citus.deploy.local;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs from the class path, unpacked once per process into a directory that goes with it. */
final class BundledPostgres {

    private static final Map<String, Unpacked> UNPACKED = new HashMap<>();

    private BundledPostgres() {}

    private record Unpacked(PostgresPrograms programs, DeathWatch watch) {}

    /**
     * The programs for this operating system and processor.
     *
     * @throws IllegalStateException when none are bundled for it
     */
    static PostgresPrograms programs() {
        return programs("/" + archiveName());
    }

    /**
     * The programs of another major version, which a build can put on the class path beside the bundled one, in a
     * directory {@code postgres-14} and the like.
     *
     * @throws IllegalStateException when they are not there
     */
    static PostgresPrograms programs(int majorVersion) {
        return programs(archive(majorVersion));
    }

    static boolean has(int majorVersion) {
        return BundledPostgres.class.getResource(archive(majorVersion)) != null;
    }

    static synchronized void discard() {
        UNPACKED.values().forEach(unpacked -> unpacked.watch().close());
        UNPACKED.clear();
    }

    private static synchronized PostgresPrograms programs(String archive) {
        return UNPACKED.computeIfAbsent(archive, BundledPostgres::unpack).programs();
    }

    private static String archive(int majorVersion) {
        return "/postgres-%d/%s".formatted(majorVersion, archiveName());
    }

    private static String archiveName() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        boolean arm = processor.equals("aarch64") || processor.equals("arm64");
        if (system.startsWith("mac")) {
            return "postgres-darwin-%s.txz".formatted(arm ? "arm_64" : "x86_64");
        }
        return "postgres-%s-%s.txz".formatted(system, arm ? "arm_64" : "x86_64");
    }

    private static Unpacked unpack(String archiveName) {
        try (InputStream archive = BundledPostgres.class.getResourceAsStream(archiveName)) {
            if (archive == null) {
                throw new IllegalStateException("no PostgreSQL is bundled for this machine (" + archiveName
                        + " is not on the class path); Linux on x86-64 or arm64 and macOS on arm64 are supported");
            }
            Path directory = TemporaryDirectory.create("programs");
            DeathWatch watch = DeathWatch.over(directory);
            // The account that runs the servers may be another one than ours.
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            unpack(archive, directory);
            return new Unpacked(new PostgresPrograms(directory.resolve("bin")), watch);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack " + archiveName, e);
        }
    }

    private static void unpack(InputStream archive, Path directory) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path file = directory.resolve(entry.getName()).normalize();
                if (!file.startsWith(directory)) {
                    throw new IOException("archive entry outside of its directory: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                    continue;
                }
                Files.createDirectories(file.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, file);
                    boolean executable = (entry.getMode() & 0100) != 0;
                    Files.setPosixFilePermissions(
                            file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        }
    }
}
