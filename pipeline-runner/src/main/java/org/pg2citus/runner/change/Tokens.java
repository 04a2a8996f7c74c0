package org.pg2citus.runner.change;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/**
 * Takes a statement apart by PostgreSQL's <a
 * href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">lexical rules</a>, with
 * {@code standard_conforming_strings} on.
 */
final class Tokens {

    private final String sql;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int depth;

    private Tokens(String sql) {
        this.sql = sql;
    }

    /** @throws MigrationException SC011 when a quote or a comment does not end */
    static List<Token> of(String sql) {
        return new Tokens(sql).read();
    }

    private List<Token> read() {
        while (at < sql.length()) {
            char next = sql.charAt(at);
            if (Character.isWhitespace(next)) {
                at++;
            } else if (sql.startsWith("--", at)) {
                int end = sql.indexOf('\n', at);
                at = end < 0 ? sql.length() : end;
            } else if (sql.startsWith("/*", at)) {
                skipComment();
            } else if (next == '\'') {
                string(at, false);
            } else if (next == '"') {
                quoted(at);
            } else if (next == '$' && dollarTag() != null) {
                dollarQuoted(dollarTag());
            } else if (isIdentifierStart(next)) {
                word();
            } else if (Character.isDigit(next)) {
                number();
            } else {
                symbol(next);
            }
        }
        return tokens;
    }

    private void add(Token.Kind kind, String value, int start) {
        tokens.add(new Token(kind, value, start, at, depth));
    }

    /** Comments of this form nest. */
    private void skipComment() {
        int open = 0;
        do {
            if (sql.startsWith("/*", at)) {
                open++;
                at += 2;
            } else if (sql.startsWith("*/", at)) {
                open--;
                at += 2;
            } else if (at >= sql.length()) {
                throw endless("comment");
            } else {
                at++;
            }
        } while (open > 0);
    }

    /** @param start of the whole token, which may have a letter before its quote */
    private void string(int start, boolean escapes) {
        at = sql.indexOf('\'', start) + 1;
        while (true) {
            if (at >= sql.length()) {
                throw endless("string");
            }
            char next = sql.charAt(at);
            if (escapes && next == '\\') {
                at += 2;
            } else if (next != '\'') {
                at++;
            } else if (sql.startsWith("''", at)) {
                at += 2;
            } else {
                at++;
                break;
            }
        }
        add(Token.Kind.STRING, sql.substring(start, at), start);
    }

    private void quoted(int start) {
        StringBuilder name = new StringBuilder();
        at = start + 1;
        while (true) {
            if (at >= sql.length()) {
                throw endless("quoted name");
            }
            if (sql.startsWith("\"\"", at)) {
                name.append('"');
                at += 2;
            } else if (sql.charAt(at) == '"') {
                at++;
                break;
            } else {
                name.append(sql.charAt(at++));
            }
        }
        add(Token.Kind.QUOTED, name.toString(), start);
    }

    /** The opening {@code $tag$} here, or null. */
    private String dollarTag() {
        int end = at + 1;
        while (end < sql.length()
                && isIdentifierPart(sql.charAt(end))
                && sql.charAt(end) != '$'
                && !(end == at + 1 && Character.isDigit(sql.charAt(end)))) {
            end++;
        }
        return end < sql.length() && sql.charAt(end) == '$' ? sql.substring(at, end + 1) : null;
    }

    private void dollarQuoted(String tag) {
        int start = at;
        int close = sql.indexOf(tag, at + tag.length());
        if (close < 0) {
            throw endless("string that begins with " + tag);
        }
        at = close + tag.length();
        add(Token.Kind.STRING, sql.substring(start, at), start);
    }

    private void word() {
        int start = at;
        while (at < sql.length() && isIdentifierPart(sql.charAt(at))) {
            at++;
        }
        String word = sql.substring(start, at).toLowerCase(Locale.ROOT);
        boolean quoteFollows = at < sql.length() && sql.charAt(at) == '\'';
        if (quoteFollows && (word.equals("e") || word.equals("b") || word.equals("x") || word.equals("n"))) {
            string(start, word.equals("e"));
        } else if (word.equals("u") && sql.startsWith("&'", at)) {
            string(start, false);
        } else {
            add(Token.Kind.WORD, word, start);
        }
    }

    private void number() {
        int start = at;
        while (at < sql.length() && (isIdentifierPart(sql.charAt(at)) || sql.charAt(at) == '.')) {
            at++;
        }
        add(Token.Kind.NUMBER, sql.substring(start, at), start);
    }

    private void symbol(char symbol) {
        int start = at++;
        if (symbol == ')' || symbol == ']') {
            depth--;
        }
        add(Token.Kind.SYMBOL, String.valueOf(symbol), start);
        if (symbol == '(' || symbol == '[') {
            depth++;
        }
    }

    private static boolean isIdentifierStart(char next) {
        return Character.isLetter(next) || next == '_' || next > 0x7f;
    }

    private static boolean isIdentifierPart(char next) {
        return isIdentifierStart(next) || Character.isDigit(next) || next == '$';
    }

    private MigrationException endless(String what) {
        return new MigrationException(
                ExitCode.USAGE,
                "SC011",
                "the file cannot be read: a %s does not end, in the statement that begins with %s"
                        .formatted(what, ChangeStatement.shortened(sql)),
                "correct the file; nothing was changed on either side");
    }
}
