package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.schema.SqlTokens.Token;
import org.pg2citus.sink.change.TableId;

/** Reads a statement word by word. */
final class SqlCursor {

    private final List<Token> tokens;
    private int at;

    SqlCursor(String sql) {
        this.tokens = SqlTokens.of(sql);
    }

    /** Takes these words if they come next. */
    boolean accept(String... words) {
        if (at + words.length > tokens.size()) {
            return false;
        }
        for (int i = 0; i < words.length; i++) {
            if (!tokens.get(at + i).is(words[i])) {
                return false;
            }
        }
        at += words.length;
        return true;
    }

    /** Goes behind the next of these words outside of parentheses, if there is one. */
    boolean skipBehind(String... words) {
        int start = at;
        int depth = 0;
        for (; at < tokens.size(); at++) {
            Token token = tokens.get(at);
            if (depth == 0 && accept(words)) {
                return true;
            }
            depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
        }
        at = start;
        return false;
    }

    Optional<String> name() {
        if (at < tokens.size() && tokens.get(at).isName()) {
            at++;
            return Optional.of(tokens.get(at - 1).text());
        }
        return Optional.empty();
    }

    /** {@code schema.name}; of a name without a schema the schema is empty. */
    Optional<TableId> qualifiedName() {
        return name().map(first -> accept(".") ? new TableId(first, name().orElse("")) : new TableId("", first));
    }

    /** The text of a string that comes next. */
    Optional<String> string() {
        if (at < tokens.size() && tokens.get(at).kind() == SqlTokens.Kind.STRING) {
            String quoted = tokens.get(at).text();
            at++;
            return Optional.of(quoted.substring(1, quoted.length() - 1).replace("''", "'"));
        }
        return Optional.empty();
    }

    /**
     * The items of a list in parentheses that comes next: of each the name that it begins with, or nothing for an
     * expression.
     */
    List<Optional<String>> list() {
        List<Optional<String>> items = new ArrayList<>();
        if (!accept("(")) {
            return items;
        }
        int depth = 1;
        boolean first = true;
        for (; at < tokens.size() && depth > 0; at++) {
            Token token = tokens.get(at);
            if (depth == 1 && first) {
                boolean call = at + 1 < tokens.size() && tokens.get(at + 1).is("(");
                items.add(token.isName() && !call ? Optional.of(token.text()) : Optional.empty());
            }
            first = depth == 1 && token.is(",");
            depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
        }
        return items;
    }

    /** Where the list that was just read is closed, in the statement's text. */
    int closing() {
        return tokens.get(at - 1).start();
    }

    /** Where the next token begins, or the statement ends. */
    int position() {
        return at < tokens.size() ? tokens.get(at).start() : end();
    }

    /** Behind the last token taken. */
    int behind() {
        return at == 0 ? 0 : tokens.get(at - 1).end();
    }

    boolean atEnd() {
        return at >= tokens.size();
    }

    void skip() {
        at++;
    }

    private int end() {
        return tokens.isEmpty() ? 0 : tokens.get(tokens.size() - 1).end();
    }
}
