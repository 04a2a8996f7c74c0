package org.pg2citus.deploy.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A small shell that outlives this process by a moment, to stop a server and to remove its directory.
 *
 * <p>It waits for the end of its standard input, which the operating system brings however this process ends, SIGKILL
 * included; a shutdown hook would miss that, and would race with the hooks that still need the server.
 */
final class DeathWatch implements AutoCloseable {

    private static final String SCRIPT =
            """
            trap '' HUP INT TERM
            read -r ignored
            pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
            if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
              turns=0
              while kill -0 "$pid" 2>/dev/null && [ "$turns" -lt 100 ]; do
                sleep 0.1
                turns=$((turns + 1))
              done
            fi
            rm -rf -- "$1"
            """;

    /** A watch that nobody refers to would be collected, which closes its pipe: the end of a server in use. */
    private static final Set<DeathWatch> OPEN = ConcurrentHashMap.newKeySet();

    private final Process shell;

    private DeathWatch(Process shell) {
        this.shell = shell;
    }

    /**
     * Watches over a directory until closed or until this process ends: then stops the server whose cluster is in its
     * subdirectory {@code data}, if there is one, and removes the directory.
     */
    static DeathWatch over(Path directory) {
        try {
            DeathWatch watch = new DeathWatch(new ProcessBuilder("sh", "-c", SCRIPT, "sh", directory.toString())
                    .directory(Path.of("/").toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
            OPEN.add(watch);
            return watch;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start sh", e);
        }
    }

    /** Lets the shell do its work now and waits for it. */
    @Override
    public void close() {
        OPEN.remove(this);
        try {
            shell.getOutputStream().close();
            if (!shell.waitFor(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the watching shell (process " + shell.pid() + ") does not end");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reach the watching shell (process " + shell.pid() + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
