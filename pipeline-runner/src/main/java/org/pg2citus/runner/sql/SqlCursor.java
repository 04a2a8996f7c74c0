package org.pg2citus.runner.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.sql.SqlToken.Kind;
import org.pg2citus.sink.change.TableId;

/** Reads a statement token by token. What is not there is not taken, and the cursor stays. */
public final class SqlCursor {

    private final List<SqlToken> tokens;
    private int at;

    public SqlCursor(String sql) {
        this(SqlTokens.of(sql));
    }

    /** @param tokens of a statement, or of a part of it, without comments */
    public SqlCursor(List<SqlToken> tokens) {
        this.tokens = tokens;
    }

    /** Takes these words and symbols if they come next. */
    public boolean accept(String... words) {
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
    public boolean skipBehind(String... words) {
        int start = at;
        int depth = 0;
        for (; at < tokens.size(); at++) {
            SqlToken token = tokens.get(at);
            if (depth == 0 && accept(words)) {
                return true;
            }
            depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
        }
        at = start;
        return false;
    }

    /** Goes before the next one of this word or symbol outside of parentheses, if there is one. */
    public boolean skipTo(String word) {
        boolean found = skipBehind(word);
        at -= found ? 1 : 0;
        return found;
    }

    public Optional<SqlToken> peek() {
        return atEnd() ? Optional.empty() : Optional.of(tokens.get(at));
    }

    public Optional<String> name() {
        return take(peek().filter(SqlToken::isName)).map(SqlToken::text);
    }

    /** {@code schema.name}; of a name without a schema the schema is empty. */
    public Optional<TableId> qualifiedName() {
        return sqlName().map(name -> new TableId(name.schema().orElse(""), name.name()));
    }

    /** {@code schema.name}, or a name without a schema. */
    public Optional<SqlName> sqlName() {
        Optional<String> first = name();
        if (first.isEmpty() || !accept(".")) {
            return first.map(name -> new SqlName(Optional.empty(), name));
        }
        return name().map(name -> new SqlName(first, name));
    }

    public Optional<String> number() {
        return take(peek().filter(token -> token.kind() == Kind.NUMBER)).map(SqlToken::text);
    }

    /** The text of a constant in plain quotes that comes next. */
    public Optional<String> string() {
        return take(peek().filter(token ->
                        token.kind() == Kind.STRING && token.text().startsWith("'")))
                .map(SqlToken::text)
                .map(quoted -> quoted.substring(1, quoted.length() - 1).replace("''", "'"));
    }

    private Optional<SqlToken> take(Optional<SqlToken> token) {
        at += token.isPresent() ? 1 : 0;
        return token;
    }

    /**
     * The items of a list in parentheses that comes next: of each the name that it begins with, or nothing for an
     * expression.
     */
    public List<Optional<String>> list() {
        List<Optional<String>> items = new ArrayList<>();
        if (!accept("(")) {
            return items;
        }
        int depth = 1;
        boolean first = true;
        for (; at < tokens.size() && depth > 0; at++) {
            SqlToken token = tokens.get(at);
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
    public int closing() {
        return tokens.get(at - 1).start();
    }

    /** How many tokens are taken. */
    public int taken() {
        return at;
    }

    /** Where the next token begins, or the statement ends. */
    public int position() {
        return atEnd() ? end() : tokens.get(at).start();
    }

    /** Behind the last token taken. */
    public int behind() {
        return at == 0 ? 0 : tokens.get(at - 1).end();
    }

    public boolean atEnd() {
        return at >= tokens.size();
    }

    private int end() {
        return tokens.isEmpty() ? 0 : tokens.get(tokens.size() - 1).end();
    }
}
