package org.pg2citus.deploy.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The processes of one PostgreSQL server, which is a postmaster and its children. */
final class ServerProcess {

    private static final Duration END_TIMEOUT = Duration.ofSeconds(60);
    private static final int LOG_LINES = 20;
    private static final String SLOTS = "pg_replslot";

    private final PostgresPrograms programs;
    private final Path data;
    private final Path log;

    ServerProcess(PostgresPrograms programs, Path data, Path log) {
        this.programs = programs;
        this.data = data;
        this.log = log;
    }

    Path log() {
        return log;
    }

    /** Starts the server, in a session of its own: an interrupt typed at the terminal is not meant for it. */
    void start() {
        try {
            programs.run("pg_ctl", "start", "-D", data.toString(), "-l", log.toString(), "-w", "-t", "60", "-s");
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    "PostgreSQL in %s does not start; its log ends with:%n%s".formatted(data, endOfLog()), e);
        }
    }

    /** Ends recovery; returns when the server takes writes. */
    void promote() {
        programs.run("pg_ctl", "promote", "-D", data.toString(), "-w", "-t", "60", "-s");
    }

    PostgresPrograms programs() {
        return programs;
    }

    /** Copies the files of the stopped server, without its replication slots, which are its own. */
    void copyFiles(Path copy) {
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(path -> !path.getParent().endsWith(SLOTS)
                            && !path.getParent().getParent().endsWith(SLOTS))
                    .toList()) {
                // With its permissions: PostgreSQL refuses a directory that others can read.
                Files.copy(file, copy.resolve(data.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot copy the server in " + data, e);
        }
    }

    /** Cuts all connections, writes a checkpoint and ends: PostgreSQL's fast shutdown. */
    void stop() {
        postmaster().ifPresent(running -> end(running, "INT", List.of(running.process())));
    }

    /** Ends without a checkpoint: PostgreSQL's immediate shutdown. */
    void abort() {
        postmaster().ifPresent(running -> end(running, "QUIT", List.of(running.process())));
    }

    void kill() {
        postmaster().ifPresent(running -> {
            // The postmaster first: one that sees a child die would start new ones.
            List<ProcessHandle> all = new ArrayList<>(List.of(running.process()));
            all.addAll(running.process().descendants().toList());
            end(running, "KILL", all);
        });
    }

    /** By signals and not by pg_ctl, whose file may be gone already while this process is ending. */
    private void end(Postmaster running, String signal, List<ProcessHandle> processes) {
        String ids = processes.stream().map(process -> " " + process.pid()).collect(Collectors.joining());
        // Some of them may end by themselves meanwhile, which kill reports as an error.
        Program.tryRun(List.of("sh", "-c", "kill -" + signal + ids));
        awaitEnd(processes);
        running.removeTraces(data);
    }

    String endOfLog() {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join(
                    System.lineSeparator(), lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    private Optional<Postmaster> postmaster() {
        return Postmaster.of(data);
    }

    private static void awaitEnd(List<ProcessHandle> processes) {
        long deadline = System.nanoTime() + END_TIMEOUT.toNanos();
        for (ProcessHandle process : processes) {
            while (process.isAlive() && !isZombie(process)) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("process " + process.pid() + " does not end");
                }
                pause();
            }
        }
    }

    /** Dead, but in the process table until its parent asks for its exit code, which some containers' first never does. */
    private static boolean isZombie(ProcessHandle process) {
        Path stat = Path.of("/proc/" + process.pid() + "/stat");
        try {
            return Files.exists(stat) && Files.readString(stat).contains(") Z ");
        } catch (IOException e) {
            // It has just gone.
            return true;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a server was being stopped", e);
        }
    }

    /**
     * What {@code postmaster.pid} says: line 1 is the process id, 4 the port, 5 the directory of its socket, 7 the key
     * and id of a segment of System V shared memory.
     */
    private record Postmaster(ProcessHandle process, List<String> lines) {

        static Optional<Postmaster> of(Path data) {
            try {
                List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
                if (lines.isEmpty()) {
                    return Optional.empty();
                }
                return ProcessHandle.of(Long.parseLong(lines.get(0).strip()))
                        .map(process -> new Postmaster(process, lines));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read postmaster.pid in " + data, e);
            }
        }

        /**
         * Removes what a killed server leaves (another one has removed it) and the next start would trip over or never find: the lock files, which
         * count while the process is a zombie, and the segment of shared memory.
         */
        void removeTraces(Path data) {
            try {
                if (lines.size() > 4 && !lines.get(4).isBlank()) {
                    Path socket = Path.of(lines.get(4), ".s.PGSQL." + lines.get(3));
                    Files.deleteIfExists(socket);
                    Files.deleteIfExists(Path.of(socket + ".lock"));
                }
                if (lines.size() > 6) {
                    String keyAndId = lines.get(6).strip();
                    Program.tryRun(List.of("ipcrm", "-m", keyAndId.substring(keyAndId.lastIndexOf(' ') + 1)));
                }
                Files.deleteIfExists(data.resolve("postmaster.pid"));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot remove lock files of the server in " + data, e);
            }
        }
    }
}
