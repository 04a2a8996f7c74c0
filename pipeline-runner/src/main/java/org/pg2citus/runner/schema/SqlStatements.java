package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import org.pg2citus.runner.schema.SqlTokens.Kind;
import org.pg2citus.runner.schema.SqlTokens.Token;

/** Cuts SQL into statements. */
final class SqlStatements {

    /**
     * One statement.
     *
     * @param sql without the semicolon, beginning with its first word
     * @param comments the comments before it, since the statement before
     */
    record Piece(String sql, List<String> comments) {

        Piece {
            comments = List.copyOf(comments);
        }
    }

    private SqlStatements() {}

    static List<Piece> of(String sql) {
        List<Piece> pieces = new ArrayList<>();
        List<String> comments = new ArrayList<>();
        int start = -1;
        int end = 0;
        int parentheses = 0;
        int blocks = 0;
        Token previous = null;
        for (Token token : SqlTokens.all(sql)) {
            if (token.kind() == Kind.COMMENT) {
                if (start < 0) {
                    comments.add(token.text());
                }
                continue;
            }
            if (token.is(";") && parentheses == 0 && blocks == 0) {
                if (start >= 0) {
                    pieces.add(new Piece(sql.substring(start, end), comments));
                }
                start = -1;
                comments.clear();
                continue;
            }
            if (start < 0) {
                start = token.start();
            }
            end = token.end();
            parentheses += token.is("(") ? 1 : token.is(")") ? -1 : 0;
            // The body of a function in standard SQL has semicolons of its own: BEGIN ATOMIC ... END, with CASE in it.
            if (token.is("atomic") && previous != null && previous.is("begin")) {
                blocks = 1;
            } else if (blocks > 0) {
                blocks += token.is("case") || token.is("begin") ? 1 : token.is("end") ? -1 : 0;
            }
            previous = token;
        }
        if (start >= 0) {
            pieces.add(new Piece(sql.substring(start, end), comments));
        }
        return pieces;
    }
}
