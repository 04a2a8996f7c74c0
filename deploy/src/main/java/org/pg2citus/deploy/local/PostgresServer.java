package org.pg2citus.deploy.local;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One PostgreSQL server on 127.0.0.1 that this process started. It ends with this process, however that ends, and
 * {@link #close} leaves nothing of it behind.
 */
public final class PostgresServer implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    private static final String USER = "postgres";

    private final ServerProcess process;
    private final Path directory;
    private final int port;
    private final Optional<String> password;
    private final DeathWatch watch;

    PostgresServer(ServerProcess process, Path directory, int port, Optional<String> password, DeathWatch watch) {
        this.process = process;
        this.directory = directory;
        this.port = port;
        this.password = password;
        this.watch = watch;
    }

    public String host() {
        return HOST;
    }

    public int port() {
        return port;
    }

    /** The superuser's name. */
    public String user() {
        return USER;
    }

    /** The superuser's password; empty when the server trusts every connection from this machine. */
    public Optional<String> password() {
        return password;
    }

    /** A complete URL, user and password included, of one of its databases. */
    public String jdbcUrl(String database) {
        return "jdbc:" + uri(database);
    }

    /** The same as libpq writes it. */
    public String uri(String database) {
        String url = "postgresql://%s:%d/%s?user=%s".formatted(HOST, port, database, USER);
        return password.map(secret -> url + "&password=" + URLEncoder.encode(secret, UTF_8))
                .orElse(url);
    }

    /** Connects as the superuser. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database));
    }

    /** Its version as it says it, for example {@code 15.19}. */
    public String version() throws SQLException {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT split_part(version(), ' ', 2)")) {
            row.next();
            return row.getString(1);
        }
    }

    /** The server's log; of use in a failing test's message. */
    public Path log() {
        return process.log();
    }

    /** Ends all of its processes with SIGKILL, as a crash of the machine would, its files staying as they are. */
    public void kill() {
        process.kill();
    }

    /** Stops it in an orderly way: connections are cut, a checkpoint is written, its files stay. */
    public void stop() {
        process.stop();
    }

    /**
     * Starts it again on the same files and the same port, after {@link #kill} or {@link #stop}.
     *
     * @throws IllegalStateException when it does not start, with the end of its log
     */
    public void start() {
        process.start();
    }

    /**
     * Starts a streaming standby of this server, on a port and on files of its own. This server is stopped while its
     * files are copied, and started again.
     *
     * @param settings as for a start, with this server's limits of connections, senders and prepared transactions, below
     *     which a standby does not start; {@code primary_conninfo} is set here, with the database {@code postgres}
     */
    public PostgresServer startStandby(Map<String, String> settings) {
        Path copy = TemporaryDirectory.create("server");
        stop();
        try {
            process.copyFiles(copy.resolve("data"));
        } finally {
            start();
        }
        Map<String, String> all = new LinkedHashMap<>(settings);
        all.put(
                "primary_conninfo",
                "host=%s port=%d user=%s dbname=postgres%s"
                        .formatted(
                                HOST,
                                port,
                                USER,
                                password.map(secret -> " password='"
                                                + secret.replace("\\", "\\\\").replace("'", "\\'") + "'")
                                        .orElse("")));
        return ServerStart.standby(process.programs(), copy, all, password);
    }

    /** Makes a standby a server that takes writes, on a timeline of its own; returns when it does. */
    public void promote() {
        process.promote();
    }

    /** Ends it and removes its files. */
    @Override
    public void close() {
        try {
            process.abort();
        } finally {
            TemporaryDirectory.remove(directory);
            watch.close();
        }
    }
}
