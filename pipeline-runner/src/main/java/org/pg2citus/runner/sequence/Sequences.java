package org.pg2citus.runner.sequence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/** Reads the sequences of a database, and sets them. */
final class Sequences {

    /** Positions that one statement reads: each is a table of its own. */
    private static final int AT_ONCE = 100;

    // An owner is an automatic ('a', serial) or internal ('i', identity) dependency on a column. What belongs to an
    // extension, to the system or to ourselves is no part of a migration.
    private static final String SEQUENCES =
            """
            SELECT n.nspname, c.relname, tn.nspname, t.relname, a.attname, format_type(s.seqtypid, NULL),
                   s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
            FROM pg_sequence s
            JOIN pg_class c ON c.oid = s.seqrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
              AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
            LEFT JOIN pg_class t ON t.oid = d.refobjid
            LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
            LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\\_%'
              AND n.nspname NOT IN ('information_schema', 'pg2citus')
              AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
                              AND e.deptype = 'e')
            ORDER BY 1, 2""";

    private record Described(
            TableId id,
            Optional<Sequence.Owner> owner,
            String type,
            long increment,
            long min,
            long max,
            boolean cycle) {}

    private Sequences() {}

    /** @throws SQLException 42501 when the role may not read one of them */
    static List<Sequence> read(Connection connection) throws SQLException {
        List<Described> described = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SEQUENCES)) {
            while (row.next()) {
                String table = row.getString(4);
                described.add(new Described(
                        new TableId(row.getString(1), row.getString(2)),
                        table == null
                                ? Optional.empty()
                                : Optional.of(
                                        new Sequence.Owner(new TableId(row.getString(3), table), row.getString(5))),
                        row.getString(6),
                        row.getLong(7),
                        row.getLong(8),
                        row.getLong(9),
                        row.getBoolean(10)));
            }
        }
        List<Sequence> sequences = new ArrayList<>();
        for (int from = 0; from < described.size(); from += AT_ONCE) {
            readPositions(connection, described.subList(from, Math.min(from + AT_ONCE, described.size())), sequences);
        }
        return sequences;
    }

    private static void readPositions(Connection connection, List<Described> described, List<Sequence> sequences)
            throws SQLException {
        List<String> selects = new ArrayList<>();
        for (int i = 0; i < described.size(); i++) {
            selects.add("SELECT %d, last_value, is_called FROM %s"
                    .formatted(i, described.get(i).id().toSql()));
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(String.join(" UNION ALL ", selects) + " ORDER BY 1")) {
            while (row.next()) {
                Described one = described.get(row.getInt(1));
                sequences.add(new Sequence(
                        one.id(),
                        one.owner(),
                        one.type(),
                        one.increment(),
                        one.min(),
                        one.max(),
                        one.cycle(),
                        row.getLong(2),
                        row.getBoolean(3)));
            }
        }
    }

    /** Has the next call give {@code nextValue}. On Citus this is the coordinator's own range; workers have theirs. */
    static void set(Connection coordinator, TableId sequence, long nextValue) throws SQLException {
        try (PreparedStatement statement = coordinator.prepareStatement("SELECT setval(?::regclass, ?, false)")) {
            statement.setString(1, sequence.toSql());
            statement.setLong(2, nextValue);
            statement.executeQuery().close();
        }
    }
}
