package org.pg2citus.runner.change;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.pg2citus.runner.catalog.Column;
import org.pg2citus.runner.catalog.Table;
import org.pg2citus.runner.catalog.Tables;
import org.pg2citus.runner.config.TableFilter;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.state.MigrationState;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.progress.SentColumns;

/**
 * What somebody has changed by hand, on one side or both.
 *
 * @param differences where the target does not fit
 * @param dropped migrated tables that the source has no more
 * @param notes what is to be known besides
 */
record ByHand(List<Difference> differences, List<TableId> dropped, List<String> notes) {

    private static final String PUBLISHED =
            """
            SELECT n.nspname, c.relname FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
            JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE p.pubname = ? ORDER BY 1, 2""";

    ByHand {
        differences = List.copyOf(differences);
        dropped = List.copyOf(dropped);
        notes = List.copyOf(notes);
    }

    /**
     * Compares both sides.
     *
     * @throws MigrationException SC022 when the publication has tables that the migration does not know
     */
    static ByHand read(Connection source, Connection target, MigrationState state, TableFilter filter)
            throws SQLException {
        Map<TableId, Table> onSource = Tables.read(source);
        List<TableId> unknown = published(source, state.publication());
        unknown.removeAll(state.tables());
        if (!unknown.isEmpty()) {
            throw new MigrationException(
                    ExitCode.FINDINGS,
                    "SC022",
                    "publication %s has tables that the migration does not know: %s"
                            .formatted(state.publication(), names(unknown)),
                    "if one was renamed: rename it back, and rename it with pg2citus schema-change finish --sql. If one was"
                            + " added by hand, rows may be missing: ALTER PUBLICATION ... DROP TABLE; new tables come"
                            + " with CREATE TABLE in a file for --sql");
        }
        SentColumns sent = new SentColumns(target, state.name());
        Map<TableId, Set<String>> sentBefore = new LinkedHashMap<>();
        for (TableId id : state.tables()) {
            if (onSource.containsKey(id)) {
                sentBefore.put(
                        id,
                        sent.missing(
                                id,
                                onSource.get(id).columns().stream()
                                        .map(Column::name)
                                        .collect(Collectors.toSet())));
            }
        }
        List<Difference> differences = Difference.between(state.tables(), onSource, Tables.read(target), sentBefore);
        return new ByHand(
                differences,
                state.tables().stream().filter(id -> !onSource.containsKey(id)).toList(),
                notes(differences, state, onSource, filter));
    }

    boolean needsPassing() {
        return differences.stream().anyMatch(Difference::needsPassing);
    }

    private static List<String> notes(
            List<Difference> differences, MigrationState state, Map<TableId, Table> onSource, TableFilter filter) {
        List<String> notes = new ArrayList<>();
        Set<TableId> known = new HashSet<>(state.tables());
        List<TableId> left = onSource.keySet().stream()
                .filter(id -> !known.contains(id) && filter.includes(id))
                .toList();
        if (!left.isEmpty()) {
            notes.add("not part of the migration, and not moved: %s; a new table is, when CREATE TABLE comes with --sql"
                    .formatted(names(left)));
        }
        Set<TableId> converted = differences.stream()
                .filter(difference -> difference.kind() == Difference.Kind.OTHER_TYPE)
                .map(Difference::table)
                .collect(Collectors.toSet());
        if (!converted.isEmpty()) {
            notes.add("rows written around the change of type may differ: when the sink goes on, run pg2citus verify"
                    + " --repair --tables " + names(List.copyOf(converted)));
        }
        return notes;
    }

    private static String names(List<TableId> tables) {
        return tables.stream().map(TableId::toString).collect(Collectors.joining(","));
    }

    private static List<TableId> published(Connection source, String publication) throws SQLException {
        try (PreparedStatement query = source.prepareStatement(PUBLISHED)) {
            query.setString(1, publication);
            try (ResultSet row = query.executeQuery()) {
                List<TableId> tables = new ArrayList<>();
                while (row.next()) {
                    tables.add(new TableId(row.getString(1), row.getString(2)));
                }
                return tables;
            }
        }
    }
}
