package org.pg2citus.sink.apply;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.failure.HaltException;

/** The texts of failures that need a person. None has the values of a row, unless the settings ask for keys. */
final class Halts {

    /** Keys that one message names at most. */
    private static final int MAX_KEYS = 10;

    private Halts() {}

    /** Rows that the source changed are not in the target. SQLSTATE 02000 is PostgreSQL's {@code no_data}. */
    static HaltException missing(
            String code,
            String what,
            TableId table,
            List<String> keyColumns,
            long expected,
            long missing,
            List<String> keys) {
        return new HaltException(
                code,
                ("%s %s by %s was for %d rows, but hit %d%s: the target differs from the source [02000]. Nothing of this"
                                + " batch is applied. Find the difference with pg2citus verify; see that nobody else"
                                + " writes to the table; mend the rows or copy the table again, then start again.")
                        .formatted(
                                what,
                                table,
                                String.join(", ", keyColumns),
                                expected,
                                expected - missing,
                                keyText(keys)));
    }

    /** One row of the source is several in the target. SQLSTATE 21000 is PostgreSQL's {@code cardinality_violation}. */
    static HaltException repeated(String what, TableId table, List<String> keyColumns) {
        return new HaltException(
                "AP016",
                ("%s %s by %s was for one row, but hit several: in the target this key is not unique [21000]. Nothing of"
                                + " this batch is applied. Find the rows with pg2citus verify; remove those that are too"
                                + " many, and give the target the source's key, then start again.")
                        .formatted(what, table, String.join(", ", keyColumns)));
    }

    /** COPY took another number of rows than it was given. */
    static HaltException wrongInsertCount(TableId table, long expected, long inserted) {
        return new HaltException(
                "AP006",
                ("an insert into %s was for %d rows, but the target took %d. Nothing of this batch is applied. See that no"
                                + " trigger or rule of the target changes what is inserted, then start again.")
                        .formatted(table, expected, inserted));
    }

    /** The keys of the first rows, as {@code (value, value)}; the key is the first {@code columns} values of a row. */
    static List<String> keys(List<? extends ClientRow<?>> rows, int columns) {
        return rows.stream()
                .limit(MAX_KEYS)
                .map(row -> row.values().stream().limit(columns).collect(Collectors.joining(", ", "(", ")")))
                .toList();
    }

    static String keyText(List<String> keys) {
        return keys.isEmpty() ? "" : " (not found: " + String.join(", ", keys) + ")";
    }

    static HaltException unknownTable(TableId table) {
        return new HaltException(
                "AP001",
                ("the source changed table %s, but the target has no table of that name. Create it in the target, or"
                                + " take it out of the publication, then start again.")
                        .formatted(table));
    }

    /**
     * The source has dropped or renamed columns. The rows could be written; but what the target keeps in such a column
     * would be wrong as soon as the source has a column of that name again, and of a renamed one, the values would stay
     * behind.
     */
    static HaltException columnsGone(TableId table, Collection<String> gone, Collection<String> unknown) {
        return new HaltException(
                "AP020",
                ("the source sends column %s of table %s no more, but the target still has it%s. Nothing of this"
                                + " transaction is applied. If it was dropped on the source, drop it in the target; if it"
                                + " was renamed, rename it; then start again (pg2citus schema-change finish says what"
                                + " differs).")
                        .formatted(
                                String.join(", ", gone),
                                table,
                                unknown.isEmpty()
                                        ? ""
                                        : ", and sends %s, which the target has not"
                                                .formatted(String.join(", ", unknown))));
    }

    /** @param place what the statement was for, for example a table */
    static HaltException refused(String place, SQLException error, boolean showKeys) {
        return new HaltException(
                "AP009",
                ("the target refused a change of %s: %s%s. Nothing of this batch is applied. Mend the cause in the target"
                                + " (definition, privileges, rows that differ from the source), then start again.")
                        .formatted(place, ErrorText.of(error), ErrorText.key(error, showKeys)),
                ErrorText.cause(error));
    }

    /** The target as a whole cannot be used. */
    static HaltException unusable(String what, SQLException error) {
        return new HaltException(
                "AP014",
                "could not %s: %s. Check the connection's settings and the role's privileges, then start again."
                        .formatted(what, ErrorText.of(error)),
                ErrorText.cause(error));
    }
}
