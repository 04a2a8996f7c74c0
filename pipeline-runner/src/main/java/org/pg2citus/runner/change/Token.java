package org.pg2citus.runner.change;

import static java.util.Objects.requireNonNull;

/**
 * One token of a statement; comments are none.
 *
 * @param value a word in lower case, a quoted identifier without its quotes, anything else as it is written
 * @param start where it begins in the statement
 * @param end where it ends, exclusively
 * @param depth how many parentheses or brackets are open around it
 */
record Token(Kind kind, String value, int start, int end, int depth) {

    enum Kind {
        /** A keyword, or an identifier without quotes. */
        WORD,
        /** An identifier in double quotes. */
        QUOTED,
        /** A constant in quotes of whatever form. */
        STRING,
        NUMBER,
        SYMBOL
    }

    Token {
        requireNonNull(kind, "kind is null");
        requireNonNull(value, "value is null");
    }

    boolean isWord(String word) {
        return kind == Kind.WORD && value.equals(word);
    }

    boolean isSymbol(char symbol) {
        return kind == Kind.SYMBOL && value.charAt(0) == symbol;
    }

    boolean isIdentifier() {
        return kind == Kind.WORD || kind == Kind.QUOTED;
    }
}
