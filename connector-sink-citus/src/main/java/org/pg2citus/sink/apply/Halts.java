package org.pg2citus.sink.apply;

import java.sql.SQLException;
import java.util.List;
import org.pg2citus.sink.change.TableId;
import org.pg2citus.sink.failure.ErrorText;
import org.pg2citus.sink.failure.HaltException;

/** The texts of failures that need a person. None has the values of a row. */
final class Halts {

    private Halts() {}

    /** The target has other rows than the source had. */
    static HaltException wrongCount(
            String code, String what, TableId table, List<String> keyColumns, long expected, long hit) {
        return new HaltException(
                code,
                ("%s %s%s was for %d rows, but hit %d: the target differs from the source. Nothing of this batch is"
                                + " applied. Find the difference with pg2citus verify; see that nobody else writes to the"
                                + " table; mend the rows or copy the table again, then start again.")
                        .formatted(
                                what,
                                table,
                                keyColumns.isEmpty() ? "" : " by " + String.join(", ", keyColumns),
                                expected,
                                hit));
    }

    static HaltException unknownTable(TableId table) {
        return new HaltException(
                "AP001",
                ("the source changed table %s, but the target has no table of that name. Create it in the target, or"
                                + " take it out of the publication, then start again.")
                        .formatted(table));
    }

    /** @param place what the statement was for, for example a table */
    static HaltException refused(String place, SQLException error) {
        return new HaltException(
                "AP009",
                ("the target refused a change of %s: %s. Nothing of this batch is applied. Mend the cause in the target"
                                + " (definition, privileges, rows that differ from the source), then start again.")
                        .formatted(place, ErrorText.of(error)),
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
