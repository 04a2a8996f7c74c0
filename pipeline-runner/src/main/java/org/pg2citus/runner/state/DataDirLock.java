package org.pg2citus.runner.state;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/**
 * Keeps a second process out of a migration's folder. The lock is the operating system's and ends with the process, so
 * a dead one's is no obstacle; the file's text only tells who holds it.
 */
public final class DataDirLock implements AutoCloseable {

    private static final String FILE = "lock";

    private final FileChannel channel;

    private DataDirLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock and says in the file who holds it.
     *
     * @throws MigrationException ST001 (exit code 3) when another process holds it
     */
    public static DataDirLock take(Path dataDir) {
        Path file = dataDir.resolve(FILE);
        FileChannel channel = null;
        try {
            Files.createDirectories(dataDir);
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (lock(channel) == null) {
                String holder = Files.readString(file).strip();
                channel.close();
                throw new MigrationException(
                        ExitCode.STATE,
                        "ST001",
                        "already running (%s), in %s".formatted(holder.isEmpty() ? "unknown" : holder, dataDir),
                        "wait for it or stop it; for another migration give another --name");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap("%s, %d%n"
                            .formatted(host(), ProcessHandle.current().pid())
                            .getBytes(StandardCharsets.UTF_8)),
                    0);
            return new DataDirLock(channel);
        } catch (IOException e) {
            throw new MigrationException(
                    ExitCode.CONFIG,
                    "CF002",
                    "the data folder %s cannot be used: %s".formatted(dataDir, e),
                    "give a folder that can be written to: --data-dir",
                    e);
        }
    }

    private static FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Held by this very process: a second migration inside one program.
            return null;
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "this host";
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
