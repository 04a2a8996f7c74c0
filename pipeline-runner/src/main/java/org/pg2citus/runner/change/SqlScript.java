package org.pg2citus.runner.change;

import java.util.ArrayList;
import java.util.List;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

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
        List<ChangeStatement> inside =
                withoutTransaction(split(text).stream().map(ChangeStatement::of).toList());
        if (inside.isEmpty()) {
            throw new MigrationException(
                    ExitCode.USAGE, "SC011", "the file has no statement", "give a file with the statements to run");
        }
        return new SqlScript(inside);
    }

    /**
     * Cuts at semicolons. Not by the driver's parser, which takes everything behind a body in {@code BEGIN ATOMIC ... END}
     * for a part of it.
     */
    private static List<String> split(String text) {
        List<String> statements = new ArrayList<>();
        List<Token> tokens = Tokens.of(text);
        int start = 0;
        int bodies = 0;
        boolean isEmpty = true;
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (bodies > 0) {
                // CASE is all that ends with END inside of a body.
                bodies += token.isWord("case") ? 1 : token.isWord("end") ? -1 : 0;
            } else if (token.isWord("atomic") && i > 0 && tokens.get(i - 1).isWord("begin")) {
                bodies = 1;
            } else if (token.isSymbol(';') && token.depth() == 0) {
                if (!isEmpty) {
                    statements.add(text.substring(start, token.start()).strip());
                }
                start = token.end();
                isEmpty = true;
                continue;
            }
            isEmpty = false;
        }
        if (!isEmpty) {
            statements.add(text.substring(start).strip());
        }
        return statements;
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
