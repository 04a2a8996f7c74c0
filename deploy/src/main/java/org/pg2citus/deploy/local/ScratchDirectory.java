package org.pg2citus.deploy.local;

import java.nio.file.Path;

/** A temporary directory for what is no server; it goes when it is closed, or with this process, however that ends. */
public final class ScratchDirectory implements AutoCloseable {

    private final Path path;
    private final DeathWatch watch;

    private ScratchDirectory(Path path, DeathWatch watch) {
        this.path = path;
        this.watch = watch;
    }

    /**
     * Makes an empty one.
     *
     * @param purpose part of the directory's name
     */
    public static ScratchDirectory create(String purpose) {
        Path path = TemporaryDirectory.create(purpose);
        return new ScratchDirectory(path, DeathWatch.over(path));
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        watch.close();
    }
}
