package org.pg2citus.runner.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pg2citus.runner.sql.SqlToken.Kind;

/**
 * Cuts SQL into tokens, as PostgreSQL reads it with {@code standard_conforming_strings}. Positions are kept, so that text
 * can be changed without being written anew.
 *
 * <p>Source: <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">Lexical Structure</a>.
 */
public final class SqlTokens {

    private final String sql;
    private final List<SqlToken> tokens = new ArrayList<>();
    private int at;
    private int depth;

    private SqlTokens(String sql) {
        this.sql = sql;
    }

    /**
     * All tokens, with comments and commands of psql.
     *
     * @throws UnclosedSqlException when a quote or a comment does not end
     */
    public static List<SqlToken> all(String sql) {
        SqlTokens reading = new SqlTokens(sql);
        while (reading.at < sql.length()) {
            reading.next();
        }
        return List.copyOf(reading.tokens);
    }

    /**
     * The tokens that mean something to the server.
     *
     * @throws UnclosedSqlException when a quote or a comment does not end
     */
    public static List<SqlToken> of(String sql) {
        return all(sql).stream()
                .filter(token -> token.kind() != Kind.COMMENT && token.kind() != Kind.PSQL)
                .toList();
    }

    private void next() {
        char c = sql.charAt(at);
        int start = at;
        if (Character.isWhitespace(c)) {
            at++;
        } else if (sql.startsWith("--", at)) {
            at = endOfLine(at);
            add(Kind.COMMENT, start);
        } else if (c == '\\' && isLineStart()) {
            at = endOfLine(at);
            add(Kind.PSQL, start);
        } else if (sql.startsWith("/*", at)) {
            skipBlockComment();
            add(Kind.COMMENT, start);
        } else if (c == '\'') {
            skipString(false);
            add(Kind.STRING, start);
        } else if (c == '"') {
            skipQuotedName();
            add(Kind.QUOTED, sql.substring(start + 1, at - 1).replace("\"\"", "\""), start);
        } else if (c == '$' && dollarTag().isPresent()) {
            skipDollarQuoted(dollarTag().get());
            add(Kind.STRING, start);
        } else if (isWordStart(c)) {
            word();
        } else if (Character.isDigit(c)) {
            while (at < sql.length() && (isWordPart(sql.charAt(at)) || sql.charAt(at) == '.')) {
                at++;
            }
            add(Kind.NUMBER, start);
        } else {
            symbol(c);
        }
    }

    private void add(Kind kind, int start) {
        add(kind, sql.substring(start, at), start);
    }

    private void add(Kind kind, String text, int start) {
        tokens.add(new SqlToken(kind, text, start, at, depth));
    }

    private void word() {
        int start = at;
        while (at < sql.length() && isWordPart(sql.charAt(at))) {
            at++;
        }
        String word = sql.substring(start, at).toLowerCase(Locale.ROOT);
        if (isPrefixOfString(word)) {
            at = sql.indexOf('\'', at);
            skipString(word.equals("e"));
            add(Kind.STRING, start);
        } else {
            add(Kind.WORD, word, start);
        }
    }

    /** E'', B'', X'', N'' and U&''. */
    private boolean isPrefixOfString(String word) {
        return switch (word) {
            case "e", "b", "x", "n" -> sql.startsWith("'", at);
            case "u" -> sql.startsWith("&'", at);
            default -> false;
        };
    }

    private void symbol(char c) {
        int start = at++;
        depth -= c == ')' || c == ']' ? 1 : 0;
        add(Kind.SYMBOL, start);
        depth += c == '(' || c == '[' ? 1 : 0;
    }

    private boolean isLineStart() {
        return at == 0 || sql.charAt(at - 1) == '\n';
    }

    private int endOfLine(int from) {
        int end = sql.indexOf('\n', from);
        return end < 0 ? sql.length() : end;
    }

    /** Comments of this form nest. */
    private void skipBlockComment() {
        int start = at;
        int open = 0;
        do {
            if (sql.startsWith("/*", at)) {
                open++;
                at += 2;
            } else if (sql.startsWith("*/", at)) {
                open--;
                at += 2;
            } else if (at >= sql.length()) {
                throw unclosed("comment", start);
            } else {
                at++;
            }
        } while (open > 0);
    }

    /** Stands at the opening quote. */
    private void skipString(boolean escapes) {
        int start = at++;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if ((escapes && c == '\\') || sql.startsWith("''", at)) {
                at += 2;
            } else {
                at++;
                if (c == '\'') {
                    return;
                }
            }
        }
        throw unclosed("string", start);
    }

    private void skipQuotedName() {
        int start = at++;
        while (at < sql.length()) {
            if (sql.startsWith("\"\"", at)) {
                at += 2;
            } else if (sql.charAt(at++) == '"') {
                return;
            }
        }
        throw unclosed("quoted name", start);
    }

    private void skipDollarQuoted(String tag) {
        int close = sql.indexOf(tag, at + tag.length());
        if (close < 0) {
            throw unclosed("string that begins with " + tag, at);
        }
        at = close + tag.length();
    }

    /** {@code $$} or {@code $tag$} at this position. */
    private Optional<String> dollarTag() {
        int end = at + 1;
        while (end < sql.length()
                && isWordPart(sql.charAt(end))
                && sql.charAt(end) != '$'
                && !(end == at + 1 && Character.isDigit(sql.charAt(end)))) {
            end++;
        }
        return end < sql.length() && sql.charAt(end) == '$'
                ? Optional.of(sql.substring(at, end + 1))
                : Optional.empty();
    }

    private static boolean isWordStart(char c) {
        return Character.isLetter(c) || c == '_' || c > 0x7f;
    }

    private static boolean isWordPart(char c) {
        return isWordStart(c) || Character.isDigit(c) || c == '$';
    }

    /** Names the line up to what is open; what follows may be somebody's value. */
    private UnclosedSqlException unclosed(String what, int start) {
        int line = sql.lastIndexOf('\n', start) + 1;
        return new UnclosedSqlException(what, sql.substring(line, start).strip());
    }
}
