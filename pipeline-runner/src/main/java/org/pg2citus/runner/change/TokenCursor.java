package org.pg2citus.runner.change;

import java.util.List;
import java.util.Optional;

/** Walks over the tokens of a statement. */
final class TokenCursor {

    private final List<Token> tokens;
    private int at;

    TokenCursor(List<Token> tokens) {
        this.tokens = tokens;
    }

    int position() {
        return at;
    }

    boolean isAtEnd() {
        return at >= tokens.size();
    }

    Optional<Token> peek() {
        return isAtEnd() ? Optional.empty() : Optional.of(tokens.get(at));
    }

    /** Passes these words when they come next; else nothing happens. */
    boolean take(String... words) {
        for (int i = 0; i < words.length; i++) {
            if (at + i >= tokens.size() || !tokens.get(at + i).isWord(words[i])) {
                return false;
            }
        }
        at += words.length;
        return true;
    }

    boolean takeSymbol(char symbol) {
        boolean isHere = peek().filter(token -> token.isSymbol(symbol)).isPresent();
        at += isHere ? 1 : 0;
        return isHere;
    }

    /** Passes an identifier. */
    Optional<String> takeIdentifier() {
        Optional<Token> token = peek().filter(Token::isIdentifier);
        at += token.isPresent() ? 1 : 0;
        return token.map(Token::value);
    }

    /** Passes a name with or without schema. */
    Optional<SqlName> takeName() {
        Optional<String> first = takeIdentifier();
        if (first.isEmpty() || !takeSymbol('.')) {
            return first.map(name -> new SqlName(Optional.empty(), name));
        }
        return takeIdentifier().map(name -> new SqlName(first, name));
    }

    /** Passes everything up to a word on the same level; true when it is there. */
    boolean skipTo(String word, int depth) {
        while (!isAtEnd()) {
            Token token = tokens.get(at);
            if (token.depth() == depth && token.isWord(word)) {
                return true;
            }
            at++;
        }
        return false;
    }

    /** Passes everything up to an opening parenthesis on this level; true when it is there. */
    boolean skipToParenthesis(int depth) {
        while (!isAtEnd()) {
            Token token = tokens.get(at);
            if (token.depth() == depth && token.isSymbol('(')) {
                return true;
            }
            at++;
        }
        return false;
    }
}
