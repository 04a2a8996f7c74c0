package org.pg2citus.source.slot;

import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.jdbc.JdbcConfiguration;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.pg2citus.source.failure.SourceFault;
import org.pg2citus.source.record.SourcePosition;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;

/** A session of the walsender: says what the server and the slot are, then streams. */
public final class SlotSession implements AutoCloseable {

    /**
     * What the text of values depends on. The database's and the role's own settings, and those that the driver takes
     * from this machine, must not show through: the target reads the text under the same settings.
     */
    private static final Map<String, String> TEXT_SETTINGS = Map.of(
            "datestyle", "ISO, MDY",
            "intervalstyle", "postgres",
            "timezone", "UTC",
            "extra_float_digits", "3",
            "bytea_output", "hex",
            "lc_monetary", "C",
            "search_path", "",
            "quote_all_identifiers", "off");

    private final PostgresConnection connection;
    private final ExpectedSlot expected;
    private final ServerIdentity server;
    private final LogSequenceNumber confirmed;
    private final LogSequenceNumber complete;
    private final boolean heldBack;

    private SlotSession(
            PostgresConnection connection,
            ExpectedSlot expected,
            ServerIdentity server,
            LogSequenceNumber confirmed,
            LogSequenceNumber complete,
            boolean heldBack) {
        this.connection = connection;
        this.expected = expected;
        this.server = server;
        this.confirmed = confirmed;
        this.complete = complete;
        this.heldBack = heldBack;
    }

    /**
     * Connects, and checks the slot.
     *
     * @param storage what Connect has stored; asked after the slot, so that a reader that is about to end cannot make the
     *     slot look advanced
     * @throws SourceFault when the slot cannot be read without a gap
     */
    public static SlotSession open(
            JdbcConfiguration jdbc, ExpectedSlot expected, Supplier<Optional<SourcePosition.Stored>> storage)
            throws SQLException {
        var connection = new PostgresConnection(
                JdbcConfiguration.adapt(jdbc.edit()
                        .with("replication", "database")
                        .with("preferQueryMode", "simple")
                        .build()),
                "pg2citus source");
        try {
            Connection session = connection.connection(false);
            session.setAutoCommit(true);
            fixTextSettings(session);
            ServerIdentity server = identify(session);
            Optional<SlotState> state = readSlot(session, expected.slot());
            Optional<SourcePosition.Stored> stored = storage.get();
            SlotGuard.check(expected, state, server, stored);
            PublicationGuard.check(expected.publication(), PublicationCatalog.read(session, expected.publication()));
            requireEncoding(session);
            SlotState slot = state.orElseThrow();
            LogSequenceNumber confirmed = slot.confirmed();
            LogSequenceNumber complete = stored.map(position -> LogSequenceNumber.valueOf(position.lsn()))
                    .orElse(confirmed);
            return new SlotSession(connection, expected, server, confirmed, complete, isHeldBack(session, slot));
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Where the server begins to send: what commits after it. */
    public LogSequenceNumber startLsn() {
        return confirmed;
    }

    /** Up to where the topic is complete: not before {@link #startLsn()}, as the slot was checked. */
    public LogSequenceNumber completeLsn() {
        return complete;
    }

    public SourcePosition position(String name) {
        return new SourcePosition(name, server.systemIdentifier(), server.timeline(), heldBack);
    }

    PGConnection replication() throws SQLException {
        return connection.connection(false).unwrap(PGConnection.class);
    }

    ExpectedSlot expected() {
        return expected;
    }

    boolean isConnected() throws SQLException {
        return connection.isConnected();
    }

    @Override
    public void close() {
        connection.close();
    }

    private static void fixTextSettings(Connection session) throws SQLException {
        try (Statement statement = session.createStatement()) {
            for (Map.Entry<String, String> setting : TEXT_SETTINGS.entrySet()) {
                statement.execute("SELECT pg_catalog.set_config('%s', '%s', false)"
                        .formatted(setting.getKey(), setting.getValue()));
            }
        }
    }

    private static ServerIdentity identify(Connection session) throws SQLException {
        String systemIdentifier;
        int timeline;
        String database;
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            row.next();
            systemIdentifier = row.getString("systemid");
            timeline = row.getInt("timeline");
            database = row.getString("dbname");
        }
        if (timeline == 1) {
            return new ServerIdentity(systemIdentifier, timeline, database, Map.of());
        }
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery("TIMELINE_HISTORY " + timeline)) {
            row.next();
            return new ServerIdentity(
                    systemIdentifier, timeline, database, ServerIdentity.timelineEnds(row.getString("content")));
        }
    }

    private static Optional<SlotState> readSlot(Connection session, String slot) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT * FROM pg_catalog.pg_replication_slots WHERE slot_name = " + literal(slot))) {
            if (!row.next()) {
                return Optional.empty();
            }
            // Which columns there are depends on the server's version.
            Set<String> columns = columns(row.getMetaData());
            String confirmed = row.getString("confirmed_flush_lsn");
            return Optional.of(new SlotState(
                    row.getString("slot_type"),
                    row.getString("plugin"),
                    row.getString("database"),
                    row.getBoolean("temporary"),
                    columns.contains("two_phase") && row.getBoolean("two_phase"),
                    columns.contains("failover") && row.getBoolean("failover"),
                    lost(row, columns),
                    confirmed == null ? null : LogSequenceNumber.valueOf(confirmed)));
        }
    }

    private static Optional<String> lost(ResultSet row, Set<String> columns) throws SQLException {
        if (columns.contains("invalidation_reason") && row.getString("invalidation_reason") != null) {
            return Optional.of("invalidation_reason " + row.getString("invalidation_reason"));
        }
        if (columns.contains("conflicting") && row.getBoolean("conflicting")) {
            return Optional.of("it conflicted with recovery");
        }
        if (columns.contains("wal_status") && "lost".equals(row.getString("wal_status"))) {
            return Optional.of("wal_status lost");
        }
        return Optional.empty();
    }

    private static Set<String> columns(ResultSetMetaData metaData) throws SQLException {
        Set<String> names = new HashSet<>();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            names.add(metaData.getColumnName(i).toLowerCase(Locale.ROOT));
        }
        return names;
    }

    /** Text of any other encoding is converted by the server. */
    private static void requireEncoding(Connection session) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery("SHOW server_encoding")) {
            row.next();
            if (row.getString(1).equals("SQL_ASCII")) {
                throw new SourceFault(
                        "SR003",
                        "the database's encoding is SQL_ASCII: its text has bytes of no known encoding, which cannot"
                                + " be sent without loss. Move the data into a database with encoding UTF8 first");
            }
        }
    }

    /** Whether the server waits for its standbys before it sends a change: they have whatever the topic has. */
    private static boolean isHeldBack(Connection session, SlotState slot) throws SQLException {
        if (!slot.failover()) {
            return false;
        }
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery("SHOW synchronized_standby_slots")) {
            row.next();
            return !row.getString(1).isBlank();
        }
    }

    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
