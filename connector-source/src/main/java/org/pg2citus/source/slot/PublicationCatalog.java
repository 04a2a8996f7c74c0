package org.pg2citus.source.slot;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what a publication publishes. */
final class PublicationCatalog {

    private static final int ROW_FILTERS_SINCE = 15;
    private static final int GENERATED_COLUMNS_SINCE = 18;

    private PublicationCatalog() {}

    /** Empty when there is no such publication. */
    static Optional<PublicationState> read(Connection session, String publication) throws SQLException {
        int version = session.getMetaData().getDatabaseMajorVersion();
        String generated = version >= GENERATED_COLUMNS_SINCE ? "pubgencols <> 'n'" : "false";
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery("SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate, "
                        + generated
                        + " FROM pg_catalog.pg_publication WHERE pubname = "
                        + SlotSession.literal(publication))) {
            if (!row.next()) {
                return Optional.empty();
            }
            boolean restrictions = version >= ROW_FILTERS_SINCE;
            return Optional.of(new PublicationState(
                    row.getBoolean(1),
                    restrictions ? tablesWith(session, publication, "prqual") : List.of(),
                    restrictions ? tablesWith(session, publication, "prattrs") : List.of(),
                    row.getBoolean(2)));
        }
    }

    private static List<String> tablesWith(Connection session, String publication, String restriction)
            throws SQLException {
        return names(
                session,
                "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_publication_rel r "
                        + "JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid "
                        + "JOIN pg_catalog.pg_class c ON c.oid = r.prrelid "
                        + "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                        + "WHERE r.%s IS NOT NULL AND p.pubname = %s ORDER BY 1"
                                .formatted(restriction, SlotSession.literal(publication)));
    }

    /**
     * The published tables, and partitions of them, whose updates and deletes the source refuses, because nothing would
     * tell which row they mean.
     */
    static List<String> tablesWithoutIdentity(Connection session, String publication) throws SQLException {
        return names(
                session,
                "SELECT DISTINCT pg_catalog.format('%I.%I', cn.nspname, c.relname) FROM"
                        + " pg_catalog.pg_publication_tables t JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname"
                        + " JOIN pg_catalog.pg_class p ON p.relnamespace = n.oid AND p.relname = t.tablename CROSS JOIN"
                        + " LATERAL (SELECT p.oid UNION SELECT relid FROM pg_catalog.pg_partition_tree(p.oid)) part JOIN"
                        + " pg_catalog.pg_class c ON c.oid = part.oid JOIN pg_catalog.pg_namespace cn ON cn.oid ="
                        + " c.relnamespace WHERE c.relreplident <> 'f' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i"
                        + " WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate AND CASE c.relreplident WHEN 'd'"
                        + " THEN i.indisprimary WHEN 'i' THEN"
                        + " i.indisreplident ELSE false END) AND"
                        + " t.pubname"
                        + " = " + SlotSession.literal(publication) + " ORDER BY 1");
    }

    private static List<String> names(Connection session, String sql) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                names.add(row.getString(1));
            }
        }
        return names;
    }
}
