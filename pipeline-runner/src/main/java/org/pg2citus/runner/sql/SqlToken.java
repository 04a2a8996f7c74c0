package org.pg2citus.runner.sql;

import static java.util.Objects.requireNonNull;

/**
 * A token of SQL.
 *
 * @param text of a word in lower case, of a quoted name without its quotes, else as it is written
 * @param start where it begins in the text that was cut
 * @param end behind its last character
 * @param depth how many parentheses and brackets are open around it; they themselves are outside
 */
public record SqlToken(Kind kind, String text, int start, int end, int depth) {

    /** What a token is. */
    public enum Kind {
        /** A keyword, or a name without quotes. */
        WORD,
        /** A name in double quotes. */
        QUOTED,
        /** A constant in quotes of whatever form. */
        STRING,
        NUMBER,
        SYMBOL,
        COMMENT,
        /** A command of psql, to the end of its line. */
        PSQL
    }

    public SqlToken {
        requireNonNull(kind, "kind is null");
        requireNonNull(text, "text is null");
    }

    /** Whether it is this keyword, in lower case, or this symbol. */
    public boolean is(String word) {
        return (kind == Kind.WORD || kind == Kind.SYMBOL) && text.equals(word);
    }

    public boolean isName() {
        return kind == Kind.WORD || kind == Kind.QUOTED;
    }
}
