package org.pg2citus.runner.change;

import java.util.List;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.sql.SqlStatements;
import org.pg2citus.runner.sql.SqlToken;
import org.pg2citus.runner.sql.SqlTokens;
import org.pg2citus.runner.sql.UnclosedSqlException;

/**
 * The statements of a file, for one transaction.
 *
 * @param statements without those that begin and end the transaction
 */
record SqlScript(List<ChangeStatement> statements) {

    SqlScript {
        statements = List.copyOf(statements);
    }

    /**
     * Reads a file.
     *
     * @throws MigrationException SC011 when it cannot be read or is empty, SC012 when a statement cannot be carried through
     */
    static SqlScript parse(String text) {
        List<ChangeStatement> inside = withoutTransaction(split(text));
        if (inside.isEmpty()) {
            throw new MigrationException(
                    ExitCode.USAGE, "SC011", "the file has no statement", "give a file with the statements to run");
        }
        return new SqlScript(inside);
    }

    private static List<ChangeStatement> split(String text) {
        try {
            for (SqlToken token : SqlTokens.all(text)) {
                if (token.kind() == SqlToken.Kind.PSQL) {
                    throw ChangeStatement.psql(token.text());
                }
            }
            return SqlStatements.of(text).stream()
                    .map(piece -> ChangeStatement.of(piece.sql()))
                    .toList();
        } catch (UnclosedSqlException e) {
            throw new MigrationException(
                    ExitCode.USAGE,
                    "SC011",
                    "the file cannot be read: " + e.getMessage(),
                    "correct the file; nothing was changed on either side",
                    e);
        }
    }

    private static List<ChangeStatement> withoutTransaction(List<ChangeStatement> all) {
        int from = 0;
        int to = all.size();
        if (to > 1
                && all.get(0).kind() == StatementKind.TRANSACTION
                && all.get(to - 1).kind() == StatementKind.TRANSACTION) {
            from++;
            to--;
        }
        List<ChangeStatement> inside = all.subList(from, to);
        inside.stream()
                .filter(statement -> statement.kind() == StatementKind.TRANSACTION)
                .findFirst()
                .ifPresent(statement -> {
                    throw new MigrationException(
                            ExitCode.FINDINGS,
                            "SC012",
                            "the file is to be one transaction, but it has "
                                    + ChangeStatement.shortened(statement.sql()),
                            "leave out BEGIN and COMMIT, or make a file for each transaction; nothing was changed on"
                                    + " either side");
                });
        return inside;
    }
}
