package org.pg2citus.source.slot;

import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.jdbc.JdbcConfiguration;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.source.failure.SourceFault;

/** Asks a server for everything that would stop the connector, before it is started. */
public final class SourceCheck {

    private static final int OLDEST_VERSION = 14;

    private final ExpectedSlot expected;
    private final List<Problem> problems = new ArrayList<>();

    private SourceCheck(ExpectedSlot expected) {
        this.expected = expected;
    }

    /** What a problem is about. */
    public enum Subject {
        SERVER,
        DATABASE,
        ROLE,
        SLOT,
        PUBLICATION
    }

    /**
     * Something that would stop the connector.
     *
     * @param message what, where, remedy, with a code
     */
    public record Problem(Subject subject, String message) {}

    /** All problems that can be seen; where the slot stands is not compared with what was read of it. */
    public static List<Problem> problems(JdbcConfiguration jdbc, ExpectedSlot expected) {
        var check = new SourceCheck(expected);
        try (var connection = new PostgresConnection(jdbc, "pg2citus validation")) {
            check.readServer(connection.connection(false));
        } catch (SQLException e) {
            check.add(
                    Subject.SERVER,
                    SourceFault.of("SR002", "the source cannot be read", e).getMessage());
            return check.problems;
        }
        check.openSlot(jdbc);
        return check.problems;
    }

    private void readServer(Connection session) throws SQLException {
        int version = session.getMetaData().getDatabaseMajorVersion();
        if (version < OLDEST_VERSION) {
            add(
                    Subject.SERVER,
                    "SR003: the server is PostgreSQL %s. Update it to %d or later"
                            .formatted(session.getMetaData().getDatabaseProductVersion(), OLDEST_VERSION));
        }
        String walLevel = query(session, "SHOW wal_level");
        if (!walLevel.equals("logical")) {
            add(
                    Subject.SERVER,
                    "SR003: wal_level is %s, so the WAL does not tell what changed. Set wal_level = logical and restart the server"
                            .formatted(walLevel));
        }
        readFreeSlots(session);
        try {
            PublicationGuard.check(expected.publication(), PublicationCatalog.read(session, expected.publication()));
        } catch (SourceFault e) {
            add(Subject.PUBLICATION, e.getMessage());
        }
        List<String> withoutIdentity = PublicationCatalog.tablesWithoutIdentity(session, expected.publication());
        if (!withoutIdentity.isEmpty()) {
            add(
                    Subject.PUBLICATION,
                    "SR004: published as they are, these tables have neither a primary key nor a replica identity, so the source refuses their updates and deletes: %s. Add a primary key, or ALTER TABLE ... REPLICA IDENTITY FULL"
                            .formatted(PublicationGuard.list(withoutIdentity)));
        }
    }

    private void readFreeSlots(Connection session) throws SQLException {
        String full = query(
                session,
                "SELECT s.setting FROM pg_catalog.pg_settings s WHERE s.name = 'max_replication_slots' "
                        + "AND s.setting::int <= (SELECT count(*) FROM pg_catalog.pg_replication_slots) "
                        + "AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = "
                        + SlotSession.literal(expected.slot()) + ")");
        if (full != null) {
            add(
                    Subject.SERVER,
                    "SR003: all %s replication slots are in use, so the slot cannot be made. Drop one that nobody needs, or raise max_replication_slots"
                            .formatted(full));
        }
    }

    private void openSlot(JdbcConfiguration jdbc) {
        try (var session = SlotSession.open(jdbc, expected, Optional::empty)) {
            if (session.startLsn() == null) {
                add(Subject.SLOT, "SR012: the slot has no position");
            }
        } catch (SourceFault e) {
            // The publication was read before.
            if (!e.code().equals("SR016")) {
                add(e.code().equals("SR003") ? Subject.DATABASE : Subject.SLOT, e.getMessage());
            }
        } catch (SQLException e) {
            addRefusal(jdbc, e);
        }
    }

    private void addRefusal(JdbcConfiguration jdbc, SQLException e) {
        String state = String.valueOf(e.getSQLState());
        if (state.equals("42501")) {
            add(
                    Subject.ROLE,
                    SourceFault.of(
                                    "SR002",
                                    "role %s may not read a slot. ALTER ROLE %1$s REPLICATION"
                                            .formatted(jdbc.getUser()),
                                    e)
                            .getMessage());
        } else if (state.equals("53300")) {
            add(
                    Subject.SERVER,
                    SourceFault.of(
                                    "SR003",
                                    "no WAL sender is free for the slot. End another reader, or raise max_wal_senders",
                                    e)
                            .getMessage());
        } else {
            add(
                    Subject.SERVER,
                    SourceFault.of(
                                    "SR002",
                                    "the source refuses the session that reads the slot; pg_hba.conf may lack the role"
                                            + " for replication",
                                    e)
                            .getMessage());
        }
    }

    private static String query(Connection session, String sql) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    private void add(Subject subject, String message) {
        problems.add(new Problem(subject, message));
    }
}
