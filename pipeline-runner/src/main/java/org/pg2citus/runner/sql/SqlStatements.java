package org.pg2citus.runner.sql;

import java.util.ArrayList;
import java.util.List;
import org.pg2citus.runner.sql.SqlToken.Kind;

/** Cuts SQL into statements. Commands of psql are none, and are left out. */
public final class SqlStatements {

    /**
     * One statement.
     *
     * @param sql without the semicolon, beginning with its first word
     * @param comments the comments before it, since the statement before
     */
    public record Piece(String sql, List<String> comments) {

        public Piece {
            comments = List.copyOf(comments);
        }
    }

    private SqlStatements() {}

    /**
     * The statements in their order, without empty ones. Not by the driver's parser, which takes everything behind a body in
     * {@code BEGIN ATOMIC ... END} for a part of it.
     *
     * @throws UnclosedSqlException when a quote or a comment does not end
     */
    public static List<Piece> of(String sql) {
        List<Piece> pieces = new ArrayList<>();
        List<String> comments = new ArrayList<>();
        int start = -1;
        int end = 0;
        int blocks = 0;
        SqlToken previous = null;
        for (SqlToken token : SqlTokens.all(sql)) {
            if (token.kind() == Kind.COMMENT || token.kind() == Kind.PSQL) {
                if (start < 0 && token.kind() == Kind.COMMENT) {
                    comments.add(token.text());
                }
                continue;
            }
            if (token.is(";") && token.depth() == 0 && blocks == 0) {
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
