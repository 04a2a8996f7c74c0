package org.pg2citus.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher at the root of the sources, in a checkout with a Java and a Maven that only tell how they were called. */
class LauncherTest {

    /** What the launcher itself needs; nothing else is on its path. */
    private static final List<String> TOOLS =
            List.of("dirname", "readlink", "sed", "find", "head", "mkdir", "touch", "mv", "flock", "sleep", "cat");

    @TempDir
    private Path temporary;

    private Path checkout;
    private Path programs;
    private Path builds;

    @BeforeEach
    void makeCheckout() throws IOException {
        checkout = Files.createDirectories(temporary.resolve("a checkout"));
        programs = Files.createDirectories(temporary.resolve("bin"));
        builds = Files.createFile(temporary.resolve("builds"));
        Path launcher = Files.copy(Path.of("../pg2citus"), checkout.resolve("pg2citus"));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createFile(checkout.resolve("pom.xml"));
        Path source = Files.createDirectories(checkout.resolve("pipeline-runner/src/main"))
                .resolve("Main.java");
        Files.createFile(source);
        Files.createFile(checkout.resolve("pipeline-runner/pom.xml"));
        for (String tool : TOOLS) {
            for (String directory : List.of("/usr/bin", "/bin", "/opt/homebrew/bin")) {
                if (Files.exists(Path.of(directory, tool))) {
                    program(programs.resolve(tool), "exec %s/%s \"$@\"\n".formatted(directory, tool));
                    break;
                }
            }
        }
        java("jdk", "17.0.1", "javac");
        program(
                programs.resolve("mvn"),
                """
                echo "$JAVA_HOME $*" >>"%s"
                sleep 0.3
                touch "%2$s/pipeline-runner/target/pg2citus-pipeline-runner-1.jar"
                """
                        .formatted(builds, checkout));
    }

    @Test
    void firstUse_buildsThenStartsWithTheArguments() throws Exception {
        Result result = launch("status", "--name", "two words");
        assertThat(result.exitCode()).isZero();
        assertThat(result.error()).contains("first use, building");
        assertThat(builds()).singleElement().asString().endsWith("/pom.xml -Dquick package");
        assertThat(result.output())
                .contains(
                        "[-cp]", "[%s/pipeline-runner/target/pg2citus-pipeline-runner-1.jar:".formatted(real(checkout)))
                .endsWith("[org.pg2citus.runner.Main][status][--name][two words]\n");
    }

    @Test
    void secondUse_buildsNothing() throws Exception {
        launch("status");
        Result second = launch("status");
        assertThat(second.error()).isEmpty();
        assertThat(builds()).hasSize(1);
    }

    @Test
    void source_changedSinceTheBuild_isBuiltAgain() throws Exception {
        launch("status");
        age(checkout.resolve("pipeline-runner/src/main/Main.java"), 60);
        Result second = launch("status");
        assertThat(second.error()).contains("the sources have changed");
        assertThat(builds()).hasSize(2);
    }

    @Test
    void source_changedWhileAnotherRuns_staysWithTheOldBuild() throws Exception {
        launch("status");
        age(checkout.resolve("pipeline-runner/src/main/Main.java"), 60);
        Process running = start(checkout.resolve("pg2citus"), "wait");
        // The first that comes builds; it holds the build once Java runs.
        awaitFile(temporary.resolve("waiting"));
        age(checkout.resolve("pipeline-runner/src/main/Main.java"), 120);

        Result second = launch("status");

        assertThat(second.exitCode()).isZero();
        assertThat(second.error()).contains("another pg2citus is running");
        assertThat(builds()).hasSize(2);
        Files.createFile(temporary.resolve("go"));
        assertThat(running.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(launch("status").error()).contains("the sources have changed");
    }

    @Test
    void firstUses_atTheSameTime_buildOnce() throws Exception {
        List<Process> all = new ArrayList<>();
        for (int number = 0; number < 4; number++) {
            all.add(start(checkout.resolve("pg2citus"), "status"));
        }
        for (Process process : all) {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
        assertThat(builds()).hasSize(1);
    }

    @Test
    void symbolicLinks_fromAnotherDirectory_findTheCheckout() throws Exception {
        Path link = Files.createSymbolicLink(temporary.resolve("link"), checkout.resolve("pg2citus"));
        Path second = Files.createSymbolicLink(
                temporary.resolve("second"), Path.of(link.getFileName().toString()));
        assertThat(finish(start(second, "status")).output()).contains("[org.pg2citus.runner.Main][status]");
    }

    @Test
    void build_failed_isReportedAndTriedAgain() throws Exception {
        program(programs.resolve("mvn"), "echo '[ERROR] no'; exit 1\n");
        Result first = launch("status");
        assertThat(first.exitCode()).isEqualTo(12);
        assertThat(first.output()).isEmpty();
        assertThat(first.error()).contains("[ERROR] no", "the build failed");
        assertThat(launch("status").error()).contains("the build failed");
    }

    @Test
    void maven_missing_saysSo() throws Exception {
        Files.delete(programs.resolve("mvn"));
        Result result = launch("status");
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.error()).contains("building needs Maven");
    }

    @Test
    void maven_missingAfterTheBuild_isNotNeeded() throws Exception {
        launch("status");
        Files.delete(programs.resolve("mvn"));
        assertThat(launch("status").exitCode()).isZero();
    }

    @Test
    void java_tooOld_isNotUsed() throws Exception {
        launch("status");
        java("jdk", "11.0.2", "javac");
        Result result = launch("status");
        assertThat(result.output()).doesNotContain("[org.pg2citus.runner.Main]");
        // Either there is none, or the launcher found the machine's own, which sees that the jar here is empty.
        assertThat(result.error()).containsAnyOf("needs Java 17 or later", "org.pg2citus.runner.Main");
    }

    /** A Java home whose java prints its arguments in brackets. */
    private void java(String name, String version, String compiler) throws IOException {
        Path home =
                Files.createDirectories(temporary.resolve(name).resolve("bin")).getParent();
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"%s\"\n".formatted(version));
        program(
                home.resolve("bin/java"),
                """
                case "$*" in
                  *wait)
                    touch "%1$s/waiting"
                    while [ ! -f "%1$s/go" ]; do sleep 0.05; done ;;
                esac
                printf '[%%s]' "$@"
                echo
                """
                        .formatted(temporary));
        program(home.resolve("bin").resolve(compiler), "exit 1\n");
    }

    private static void program(Path file, String script) throws IOException {
        Files.deleteIfExists(file);
        Files.writeString(file, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Result(int exitCode, String output, String error) {}

    private Result launch(String... arguments) throws Exception {
        return finish(start(checkout.resolve("pg2citus"), arguments));
    }

    private Process start(Path launcher, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(Path.of("/").toFile());
        builder.environment().keySet().retainAll(List.of());
        builder.environment()
                .putAll(Map.of(
                        "PATH", programs.toString(),
                        "JAVA_HOME", temporary.resolve("jdk").toString(),
                        "HOME", temporary.toString()));
        return builder.start();
    }

    private static Result finish(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), output, error);
    }

    private List<String> builds() throws IOException {
        return Files.readAllLines(builds);
    }

    private static String real(Path path) throws IOException {
        return path.toRealPath().toString();
    }

    private static void age(Path file, int secondsAhead) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(secondsAhead)));
    }

    private static void awaitFile(Path file) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!Files.exists(file)) {
            assertThat(System.nanoTime()).as("waiting for " + file).isLessThan(deadline);
            Thread.sleep(20);
        }
    }
}
