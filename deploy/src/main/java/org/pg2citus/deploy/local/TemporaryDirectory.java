package org.pg2citus.deploy.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories that this process makes and removes. */
final class TemporaryDirectory {

    private TemporaryDirectory() {}

    static Path create(String purpose) {
        try {
            return Files.createTempDirectory("pg2citus-" + purpose + "-");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make a directory in " + System.getProperty("java.io.tmpdir"), e);
        }
    }

    /** Removes a directory and everything in it; one that is gone is fine. */
    static void remove(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(directory)) {
            List<Path> childrenFirst = walk.sorted(Comparator.reverseOrder()).toList();
            for (Path path : childrenFirst) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + directory, e);
        }
    }
}
