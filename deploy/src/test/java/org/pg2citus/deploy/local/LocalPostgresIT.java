package org.pg2citus.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPostgresIT {

    @TempDir
    private Path temporary;

    @Test
    void start_withSettings_appliesThem() throws SQLException {
        try (PostgresServer server = LocalPostgres.start(Map.of("wal_level", "logical", "application_name", "it's"))) {
            assertThat(show(server, "wal_level")).isEqualTo("logical");
            assertThat(show(server, "listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(show(server, "fsync")).isEqualTo("on");
        }
    }

    @Test
    void start_unknownSetting_failsWithTheLogAndLeavesNothing() throws Exception {
        Path directory = temporary.resolve("server");

        assertThatThrownBy(() -> LocalPostgres.start(directory, Map.of("wal_levle", "logical")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("unrecognized configuration parameter \"wal_levle\"");
        assertThat(directory).doesNotExist();
    }

    @Test
    void start_directoryWithContent_isRefusedAndKept() throws Exception {
        Path precious = Files.writeString(temporary.resolve("precious"), "data");

        assertThatThrownBy(() -> LocalPostgres.start(temporary, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not empty");
        assertThat(precious).hasContent("data");
    }

    @Test
    void kill_thenStart_recoversCommittedRowsOnTheSamePort() throws SQLException {
        try (PostgresServer server = LocalPostgres.start(temporary.resolve("server"), Map.of())) {
            int port = server.port();
            try (Connection connection = server.connect("postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id");
                server.kill();
                assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
            }
            assertThat(answers(port)).isFalse();

            server.start();

            assertThat(server.port()).isEqualTo(port);
            assertThat(query(server, "SELECT count(*) FROM kept")).isEqualTo("1000");
            assertThat(server.log()).content().contains("database system was not properly shut down");
        }
    }

    @Test
    void standby_followsAndTakesWritesWhenPromoted() throws Exception {
        try (PostgresServer primary = LocalPostgres.start(Map.of())) {
            execute(primary, "CREATE TABLE t (id int)");
            try (PostgresServer standby = primary.startStandby(Map.of())) {
                execute(primary, "INSERT INTO t VALUES (1)");
                String written = query(primary, "SELECT pg_current_wal_lsn()");
                awaitReplay(standby, written);
                assertThat(query(standby, "SELECT pg_is_in_recovery() || ' ' || count(*) FROM t"))
                        .isEqualTo("true 1");

                standby.promote();

                execute(standby, "INSERT INTO t VALUES (2)");
                assertThat(query(standby, "SELECT count(*) FROM t")).isEqualTo("2");
                assertThat(query(primary, "SELECT count(*) FROM t")).isEqualTo("1");
            }
        }
    }

    private static void awaitReplay(PostgresServer standby, String lsn) throws Exception {
        for (int attempt = 0; attempt < 300; attempt++) {
            if (query(standby, "SELECT pg_last_wal_replay_lsn() >= '" + lsn + "'")
                    .equals("t")) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the standby does not follow");
    }

    @Test
    void versionThatIsNotOnTheClassPath_isRefused() {
        assertThat(LocalPostgres.has(9)).isFalse();
        assertThatThrownBy(() -> LocalPostgres.start(9, Map.of()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("/postgres-9/");
    }

    @Test
    void kill_whileMany_leavesNoProcess() throws SQLException {
        try (PostgresServer server = LocalPostgres.start(Map.of());
                Connection first = server.connect("postgres");
                Connection second = server.connect("template1")) {
            assertThat(first.isValid(1)).isTrue();
            assertThat(second.isValid(1)).isTrue();
            String directory = server.log().getParent().toString();
            assertThat(processesOf(directory)).isPositive();

            server.kill();

            assertThat(processesOf(directory)).isZero();
        }
    }

    @Test
    void stop_thenStart_keepsRows() throws SQLException {
        try (PostgresServer server = LocalPostgres.start(Map.of())) {
            query(server, "SELECT pg_create_physical_replication_slot('kept')");
            server.stop();
            server.start();
            assertThat(query(server, "SELECT slot_name FROM pg_replication_slots"))
                    .isEqualTo("kept");
            assertThat(server.log()).content().doesNotContain("not properly shut down");
        }
    }

    @Test
    void startWithPassword_wrongPassword_isRefused() throws SQLException {
        try (PostgresServer server = LocalPostgres.startWithPassword("s3cret & more", Map.of())) {
            assertThat(query(server, "SELECT 1")).isEqualTo("1");
            String wrong =
                    "jdbc:postgresql://127.0.0.1:%d/postgres?user=postgres&password=wrong".formatted(server.port());
            assertThatThrownBy(() -> DriverManager.getConnection(wrong))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
        }
    }

    @Test
    void close_afterKill_leavesNeitherProcessNorFile() {
        Path directory = temporary.resolve("server");
        PostgresServer server = LocalPostgres.start(directory, Map.of());
        server.kill();
        server.close();
        assertThat(directory).doesNotExist();
        assertThat(answers(server.port())).isFalse();
    }

    @Test
    void process_killedWithServerRunning_takesServerAndFilesWithIt() throws Exception {
        Path directory = temporary.resolve("server");
        Process starter = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServerThatIsLeft.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int port = Integer.parseInt(
                starter.inputReader().lines().findFirst().orElseThrow().strip());
        assertThat(answers(port)).isTrue();

        starter.destroyForcibly().waitFor();

        long deadline = System.nanoTime() + 20_000_000_000L;
        while ((answers(port) || contentOf(temporary) > 0) && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        assertThat(answers(port)).isFalse();
        assertThat(temporary).isEmptyDirectory();
    }

    /** Starts a server and waits to be killed. */
    static final class ServerThatIsLeft {

        private ServerThatIsLeft() {}

        public static void main(String[] arguments) throws Exception {
            PostgresServer server = LocalPostgres.start(Path.of(arguments[0]), Map.of());
            System.out.println(server.port());
            Thread.sleep(60_000);
            server.close();
        }
    }

    private static long contentOf(Path directory) throws Exception {
        try (Stream<Path> content = Files.list(directory)) {
            return content.count();
        }
    }

    private static long processesOf(String directory) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains("-D " + directory))
                .count();
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (java.io.IOException e) {
            return false;
        }
    }

    private static String show(PostgresServer server, String setting) throws SQLException {
        return query(server, "SHOW " + setting);
    }

    private static String query(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static void execute(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
