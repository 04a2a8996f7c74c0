package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts SQL into words, as PostgreSQL reads it with {@code standard_conforming_strings}. Positions are kept, so that text
 * can be changed without being written anew.
 *
 * <p>Source: <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">Lexical Structure</a>.
 */
final class SqlTokens {

    /** What a token is. */
    enum Kind {
        WORD,
        QUOTED,
        STRING,
        DOLLAR,
        SYMBOL,
        COMMENT
    }

    /**
     * A token.
     *
     * @param text of a word in lower case, of a quoted identifier without quotes, else as it is written
     * @param start where it begins
     * @param end behind its last character
     */
    record Token(Kind kind, String text, int start, int end) {

        boolean is(String word) {
            return (kind == Kind.WORD || kind == Kind.SYMBOL) && text.equals(word);
        }

        boolean isName() {
            return kind == Kind.WORD || kind == Kind.QUOTED;
        }
    }

    private final String sql;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private SqlTokens(String sql) {
        this.sql = sql;
    }

    /** All tokens, with comments. What is not closed ends with the text. */
    static List<Token> all(String sql) {
        SqlTokens reading = new SqlTokens(sql);
        while (reading.at < sql.length()) {
            reading.next();
        }
        return List.copyOf(reading.tokens);
    }

    /** The tokens that mean something. */
    static List<Token> of(String sql) {
        return all(sql).stream().filter(token -> token.kind() != Kind.COMMENT).toList();
    }

    private void next() {
        char c = sql.charAt(at);
        int start = at;
        if (Character.isWhitespace(c)) {
            at++;
        } else if (sql.startsWith("--", at) || (c == '\\' && isLineStart())) {
            // A backslash begins a command of psql, which pg_dump writes too (\restrict).
            at = endOfLine();
            add(Kind.COMMENT, sql.substring(start, at), start);
        } else if (sql.startsWith("/*", at)) {
            skipBlockComment();
            add(Kind.COMMENT, sql.substring(start, at), start);
        } else if (c == '\'') {
            skipString(false);
            add(Kind.STRING, sql.substring(start, at), start);
        } else if (c == '"') {
            skipQuoted();
            String inner = sql.substring(start + 1, Math.max(start + 1, at - 1));
            add(Kind.QUOTED, inner.replace("\"\"", "\""), start);
        } else if (c == '$' && dollarTag() != null) {
            String tag = dollarTag();
            int end = sql.indexOf(tag, at + tag.length());
            at = end < 0 ? sql.length() : end + tag.length();
            add(Kind.DOLLAR, sql.substring(start, at), start);
        } else if ((c == 'E' || c == 'e') && at + 1 < sql.length() && sql.charAt(at + 1) == '\'') {
            at++;
            skipString(true);
            add(Kind.STRING, sql.substring(start, at), start);
        } else if (isWordStart(c)) {
            while (at < sql.length() && isWordPart(sql.charAt(at))) {
                at++;
            }
            add(Kind.WORD, sql.substring(start, at).toLowerCase(Locale.ROOT), start);
        } else {
            at++;
            add(Kind.SYMBOL, String.valueOf(c), start);
        }
    }

    private void add(Kind kind, String text, int start) {
        tokens.add(new Token(kind, text, start, at));
    }

    private boolean isLineStart() {
        return at == 0 || sql.charAt(at - 1) == '\n';
    }

    private int endOfLine() {
        int end = sql.indexOf('\n', at);
        return end < 0 ? sql.length() : end;
    }

    private void skipBlockComment() {
        int depth = 0;
        do {
            if (sql.startsWith("/*", at)) {
                depth++;
                at += 2;
            } else if (sql.startsWith("*/", at)) {
                depth--;
                at += 2;
            } else {
                at++;
            }
        } while (depth > 0 && at < sql.length());
        at = Math.min(at, sql.length());
    }

    private void skipString(boolean escapes) {
        at++;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (escapes && c == '\\') {
                at += 2;
            } else if (c == '\'' && at + 1 < sql.length() && sql.charAt(at + 1) == '\'') {
                at += 2;
            } else {
                at++;
                if (c == '\'') {
                    break;
                }
            }
        }
        at = Math.min(at, sql.length());
    }

    private void skipQuoted() {
        at++;
        while (at < sql.length()) {
            if (sql.startsWith("\"\"", at)) {
                at += 2;
            } else if (sql.charAt(at++) == '"') {
                return;
            }
        }
    }

    /** {@code $$} or {@code $tag$} at this position, else null. */
    private String dollarTag() {
        int end = at + 1;
        while (end < sql.length() && isWordPart(sql.charAt(end)) && sql.charAt(end) != '$') {
            end++;
        }
        boolean tag = end < sql.length()
                && sql.charAt(end) == '$'
                && (end == at + 1 || !Character.isDigit(sql.charAt(at + 1)));
        return tag ? sql.substring(at, end + 1) : null;
    }

    private static boolean isWordStart(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c > 127;
    }

    private static boolean isWordPart(char c) {
        return isWordStart(c) || c == '$';
    }
}
